#include "core/error.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <type_traits>

namespace minnow {
namespace {

TEST(ErrorTest, PutsTheMessageTogetherFromAllParts) {
  const InvalidArgument e({"fit", "x", "shape (N, 28, 28, 1) for Input 'input_layer'", "(10, 784)",
                           "784 = 28*28*1: reshape x to (10, 28, 28, 1)."});
  EXPECT_STREQ(e.what(),
               "[fit] x: expected shape (N, 28, 28, 1) for Input 'input_layer', got (10, 784). "
               "784 = 28*28*1: reshape x to (10, 28, 28, 1).");
  EXPECT_EQ(e.where(), "fit");
  EXPECT_EQ(e.argument(), "x");
  EXPECT_EQ(e.expected(), "shape (N, 28, 28, 1) for Input 'input_layer'");
  EXPECT_EQ(e.received(), "(10, 784)");
  EXPECT_EQ(e.hint(), "784 = 28*28*1: reshape x to (10, 28, 28, 1).");
}

TEST(ErrorTest, LeavesOutEmptyParts) {
  EXPECT_STREQ(InvalidArgument({"", "", "a number", "", ""}).what(), "expected a number.");
  EXPECT_STREQ(InvalidArgument({"Dense", "", "a number", "", ""}).what(),
               "[Dense] expected a number.");
  EXPECT_STREQ(InvalidArgument({"", "units", "a number", "'a'", ""}).what(),
               "units: expected a number, got 'a'.");
}

TEST(ErrorTest, EveryClassHasItsCodeAndText) {
  const auto check = [](const Error& e, ErrorCode code, std::string_view class_name,
                        std::string_view text) {
    EXPECT_EQ(e.code(), code);
    EXPECT_EQ(name(e.code()), class_name);
    EXPECT_EQ(std::string_view(e.what()), text);
  };
  check(InvalidArgument({"a", "", "b", "", ""}), ErrorCode::invalid_argument, "InvalidArgument",
        "[a] expected b.");
  check(FailedPrecondition("fit", "late."), ErrorCode::failed_precondition, "FailedPrecondition",
        "[fit] late.");
  check(NotFound("load", "gone."), ErrorCode::not_found, "NotFound", "[load] gone.");
  check(DataLoss("load", "torn."), ErrorCode::data_loss, "DataLoss", "[load] torn.");
  check(IoError("save", "full."), ErrorCode::io_error, "IoError", "[save] full.");
  check(Unimplemented("load", "no."), ErrorCode::unimplemented, "Unimplemented", "[load] no.");
  check(ResourceExhausted("Tensor", "big."), ErrorCode::resource_exhausted, "ResourceExhausted",
        "[Tensor] big.");
  check(Diverged("fit", "NaN.", {2, 7, "dense"}), ErrorCode::diverged, "Diverged", "[fit] NaN.");
}

TEST(ErrorTest, LeavesOutAnEmptyPlace) { EXPECT_STREQ(NotFound("", "gone.").what(), "gone."); }

TEST(ErrorTest, DivergedKnowsWhere) {
  const Diverged e("fit", "loss is nan.", {2, 7, "dense"});
  EXPECT_EQ(e.epoch(), 2);
  EXPECT_EQ(e.step(), 7);
  EXPECT_EQ(e.layer(), "dense");
}

TEST(ErrorTest, IsCaughtAsARuntimeErrorWithItsParts) {
  try {
    throw InvalidArgument({"fit", "x", "data", "none", ""});
  } catch (const std::runtime_error& e) {
    const auto* invalid = dynamic_cast<const InvalidArgument*>(&e);
    ASSERT_NE(invalid, nullptr);
    EXPECT_EQ(invalid->argument(), "x");
  }
}

TEST(ErrorTest, CopiesCannotThrow) {
  EXPECT_TRUE(std::is_nothrow_copy_constructible_v<InvalidArgument>);
  EXPECT_TRUE(std::is_nothrow_copy_constructible_v<Diverged>);
}

}  // namespace
}  // namespace minnow
