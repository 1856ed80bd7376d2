// The three programs, by themselves and explained.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/apps/program.h"

namespace minnow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto shape_error =
    "Caught an error: [fit] x: expected shape (N, 28, 28, 1) for Input 'input_layer', got (10, "
    "784). 784 = 28*28*1: reshape x to (10, 28, 28, 1).\n";
constexpr auto dtype_error =
    "Caught an error: [fit] x: expected dtype float32 for Input 'input_layer', got int64. Convert "
    "it with astype(float32), or compile with .autocast = true.\n";
constexpr auto scaling_error =
    "Caught an error: [fit] x: expected standardised values for Input 'input_layer': mean within "
    "0.5 of 0, standard deviation within 0.5 to 2, got values in [";
constexpr auto scaling_hint =
    " in row 0. Standardise it: (x - mean(x, {.axis = 1, .keepdims = true})) / stddev(x, {.axis = "
    "1, .keepdims = true}).\n";
constexpr auto scaling_warning = "Warning: [fit] x: values in [";

std::string example(const std::string& path) {
  const Finished run = Program(path, {}).wait();
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err, "");
  return run.out;
}

TEST(Examples, AsProgramsOfTheirOwn) {
  EXPECT_EQ(example(MINNOW_EXAMPLE_SHAPE), shape_error);
  EXPECT_EQ(example(MINNOW_EXAMPLE_DTYPE), dtype_error);
  EXPECT_THAT(
      example(MINNOW_EXAMPLE_SCALING),
      AllOf(StartsWith(scaling_error), HasSubstr(scaling_hint), HasSubstr(scaling_warning)));
}

std::string explained(const std::string& name) {
  const Finished run = run_minnow({"example", name});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.err, "");
  EXPECT_THAT(run.out, AllOf(HasSubstr("The weights are as they were, to the bit."),
                             HasSubstr("Epoch 3/3: accuracy 0."),
                             HasSubstr("apps/examples/" + name + ".cpp\n"),
                             Not(HasSubstr("this should not be"))));
  return run.out;
}

TEST(Examples, Explained) {
  EXPECT_THAT(explained("shape"), AllOf(HasSubstr(shape_error), Not(HasSubstr("Warning:"))));
  EXPECT_THAT(explained("dtype"), AllOf(HasSubstr(dtype_error), Not(HasSubstr("Warning:"))));
  const std::string scaling = explained("scaling");
  EXPECT_THAT(scaling,
              AllOf(HasSubstr(scaling_error), HasSubstr(scaling_hint), HasSubstr(scaling_warning)));
  EXPECT_EQ(scaling.find("Warning:"), scaling.rfind("Warning:"));
}

}  // namespace
}  // namespace minnow::testing
