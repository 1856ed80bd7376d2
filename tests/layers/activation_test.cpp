// Activation, ReLU and Softmax.
#include "layers/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/config.h"
#include "core/error.h"
#include "layers/relu.h"
#include "layers/softmax.h"
#include "tests/expect_error.h"
#include "tests/layers/layer_rig.h"

namespace minnow {
namespace {

ActivationFn declared(const Layer& layer) {
  const auto op = layer.impl().build(test::behind_dense(layer, {3}));
  EXPECT_TRUE(op->declaration().view);
  EXPECT_EQ(op->declaration().output, (Shape{3}));
  return op->declaration().activation;
}

TEST(Activation, IsMadeFromAStringOrAnEnumerator) {
  static_assert(Activation::relu == ActivationKind::relu);
  EXPECT_EQ(declared(Activation("relu")), (ActivationFn{.kind = ActivationKind::relu}));
  EXPECT_EQ(declared(Activation(Activation::elu)),
            (ActivationFn{.kind = ActivationKind::elu, .slope = 1}));
  EXPECT_EQ(Activation("swish").impl().config().str(), R"({"activation":"silu"})");
  EXPECT_EQ(Activation("tanh", {.name = "t"}).name(), "t");
}

TEST(Activation, WithoutOneInItsConfigIsLinear) {
  EXPECT_EQ(declared(Activation::from_config(Config::object({{"activation", "linear"}}))),
            ActivationFn{});
}

TEST(ReLU, IsThePlainestFunctionThatWillDo) {
  EXPECT_EQ(declared(ReLU()), (ActivationFn{.kind = ActivationKind::relu}));
  EXPECT_EQ(declared(ReLU({.negative_slope = 0.5F})),
            (ActivationFn{.kind = ActivationKind::leaky_relu, .slope = 0.5F}));
  EXPECT_EQ(declared(ReLU({.max_value = 6.0F})),
            (ActivationFn{.kind = ActivationKind::clipped_relu, .max_value = 6}));
  EXPECT_EQ(declared(ReLU({.threshold = 1.0F})),
            (ActivationFn{.kind = ActivationKind::clipped_relu, .threshold = 1}));
}

TEST(ReLU, WritesKerasConfig) {
  EXPECT_EQ(ReLU().impl().config().str(),
            R"({"max_value":null,"negative_slope":0.0,"threshold":0.0})");
  EXPECT_EQ(
      ReLU({.max_value = 6.0F, .negative_slope = 0.1F, .threshold = 0.5F}).impl().config().str(),
      R"({"max_value":6.0,"negative_slope":0.1,"threshold":0.5})");
}

TEST(ReLU, RefusesSettings) {
  expect_error<InvalidArgument>([] { ReLU({.max_value = -1.0F, .name = "r"}); },
                                "[ReLU 'r'] max_value: expected at least 0, got -1.");
  expect_error<InvalidArgument>(
      [] { ReLU({.negative_slope = -0.5F}); },
      "[ReLU] negative_slope: expected a finite number of at least 0, got -0.5.");
  expect_error<InvalidArgument>(
      [] { ReLU({.threshold = NAN}); },
      "[ReLU] threshold: expected a finite number of at least 0, got nan.");
  expect_error<InvalidArgument>(
      [] {
        ReLU::from_config(Config::object({{"max_value", "six"}}));
      },
      "[ReLU] max_value: expected a number, got \"six\".");
}

TEST(Softmax, AlongTheLastAxisIsTheEngines) {
  EXPECT_EQ(declared(Softmax()), (ActivationFn{.kind = ActivationKind::softmax}));
  EXPECT_EQ(declared(Softmax({.axis = 1})), (ActivationFn{.kind = ActivationKind::softmax}));
}

TEST(Softmax, RefusesTheBatchAxis) {
  expect_error<InvalidArgument>(
      [] { Softmax({.axis = 0, .name = "s"}); },
      "[Softmax 's'] axis: expected an axis other than the batch's, got 0.");
  const Softmax layer({.axis = -3});
  expect_error<InvalidArgument>(
      [&] {
        layer.impl().build(test::behind_dense(layer, {2, 3}));
      },
      "[Softmax 'here'] input: expected a row with an axis -3, got (N, 2, 3) from Dense 'before'.");
}

TEST(Softmax, ReadsOneAxis) {
  const Layer listed = Softmax::from_config(Config::object({{"axis", Config::List{2}}}));
  EXPECT_EQ(listed.impl().config().str(), R"({"axis":2})");
  expect_error<Unimplemented>(
      [] {
        Softmax::from_config(Config::object({{"axis", Config::List{1, 2}}}));
      },
      "[Softmax] 'axis' = [1,2] is not supported. Supported: one axis.");
}

}  // namespace
}  // namespace minnow
