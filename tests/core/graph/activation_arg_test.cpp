#include "core/graph/activation_arg.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

TEST(ActivationArg, KnowsKerasNames) {
  for (const std::string_view name : activation_names()) {
    const ActivationArg by_name(name);
    EXPECT_EQ(by_name.fn(), ActivationArg(by_name.fn().kind).fn()) << name;
    if (name == "swish" || name == "hard_swish") continue;
    EXPECT_EQ(activation_name(by_name.fn().kind), name);
  }
  EXPECT_EQ(ActivationArg("swish").fn().kind, ActivationKind::silu);
  EXPECT_EQ(ActivationArg("hard_swish").fn().kind, ActivationKind::hard_silu);
}

TEST(ActivationArg, PlainNamesMeanKerasParameters) {
  EXPECT_EQ(ActivationArg("elu").fn().slope, 1.0F);
  EXPECT_EQ(ActivationArg("leaky_relu").fn().slope, 0.2F);
  EXPECT_EQ(ActivationArg(ActivationKind::leaky_relu).fn().slope, 0.2F);
  EXPECT_EQ(ActivationArg("relu").fn(), (ActivationFn{.kind = ActivationKind::relu}));
}

TEST(ActivationArg, TakesAFunctionAsItIs) {
  const ActivationFn fn{.kind = ActivationKind::elu, .slope = 0.5F};
  EXPECT_EQ(ActivationArg(fn).fn(), fn);
}

TEST(ActivationArg, RefusesOtherNames) {
  const std::string known =
      "Known: linear, relu, sigmoid, tanh, softmax, softplus, elu, leaky_relu, silu, swish, gelu, "
      "selu, celu, relu6, hard_sigmoid, hard_silu, hard_swish, hard_tanh, hard_shrink, "
      "soft_shrink, "
      "tanh_shrink, softsign, squareplus, sparse_plus, sparse_sigmoid, log_sigmoid, exponential, "
      "mish, gelu_tanh, log_softmax.";
  expect_error<InvalidArgument>(
      [] { ActivationArg("sigmod"); },
      "[activation] expected the name of an activation, got 'sigmod'. Did you mean 'sigmoid'? " +
          known);
  expect_error<InvalidArgument>(
      [] { ActivationArg(std::string("RELU")); },
      "[activation] expected the name of an activation, got 'RELU'. Did you mean 'relu'? " + known);
  expect_error<InvalidArgument>(
      [] { ActivationArg(""); },
      "[activation] expected the name of an activation, got ''. " + known);
  expect_error<Unimplemented>([] { ActivationArg("glu"); },
                              "[activation] 'glu' is not supported. Supported:" +
                                  known.substr(std::string("Known:").size()));
}

TEST(ActivationName, OfTheGeneralReluIsItsOwn) {
  EXPECT_EQ(activation_name(ActivationKind::clipped_relu), "clipped_relu");
}

}  // namespace
}  // namespace minnow
