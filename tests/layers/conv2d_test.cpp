#include "layers/conv2d.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "core/config.h"
#include "core/error.h"
#include "layers/activation.h"
#include "tests/expect_error.h"
#include "tests/layers/layer_rig.h"

namespace minnow {
namespace {

using test::LayerRig;

std::vector<float> one_image(const Layer& layer, const Shape& shape, std::vector<float> x,
                             std::vector<std::vector<float>> weights) {
  LayerRig rig(layer, shape);
  rig.x = std::move(x);
  rig.weights = std::move(weights);
  rig.forward(1);
  return rig.y;
}

TEST(Conv2D, IsACrossCorrelation) {
  // The kernel is not turned over: 1 10 / 100 1000 picks the numbers in reading order.
  const std::vector<float> y =
      one_image(Conv2D(1, {2, 2}), {2, 3, 1}, {1, 2, 3, 4, 5, 6}, {{1, 10, 100, 1000}, {0.5F}});
  EXPECT_EQ(y, (std::vector<float>{5421.5F, 6532.5F}));
}

TEST(Conv2D, SamePaddingPutsTheOddZeroAtTheEnd) {
  const std::vector<float> y = one_image(Conv2D(1, {1, 2}, {.padding = "same", .use_bias = false}),
                                         {1, 3, 1}, {1, 2, 3}, {{1, 10}});
  EXPECT_EQ(y, (std::vector<float>{21, 32, 3}));
}

TEST(Conv2D, SamePaddingWithStridesRoundsUp) {
  // 5 / 2 -> 3 places; (3 - 1) 2 + 3 - 5 = 2 zeros, one at each end.
  const std::vector<float> y =
      one_image(Conv2D(1, {1, 3}, {.strides = 2, .padding = Padding::same, .use_bias = false}),
                {1, 5, 1}, {1, 2, 3, 4, 5}, {{1, 10, 100}});
  EXPECT_EQ(y, (std::vector<float>{210, 432, 54}));
}

TEST(Conv2D, GroupsSeeTheirOwnChannels) {
  const std::vector<float> y = one_image(Conv2D(2, 1, {.groups = 2, .use_bias = false}), {1, 1, 4},
                                         {1, 2, 3, 4}, {{1, 10, 100, 1000}});
  EXPECT_EQ(y, (std::vector<float>{1 + 2 * 100, 3 * 10 + 4 * 1000}));
}

TEST(Conv2D, DeclaresItsWeights) {
  const Conv2D layer(6, {3, 5}, {.groups = 2});
  const auto op = layer.impl().build(test::behind_dense(layer, {8, 8, 4}));
  const Declaration& d = op->declaration();
  ASSERT_EQ(d.weights.size(), 2U);
  EXPECT_EQ(d.weights[0].name, "kernel");
  EXPECT_EQ(d.weights[0].shape, (Shape{3, 5, 2, 6}));
  EXPECT_EQ(d.weights[0].initializer.class_name(), "GlorotUniform");
  EXPECT_EQ(d.weights[1].name, "bias");
  EXPECT_EQ(d.weights[1].shape, (Shape{6}));
  EXPECT_EQ(d.weights[1].initializer.class_name(), "Zeros");
  EXPECT_TRUE(d.takes_epilogue);
  EXPECT_TRUE(d.keeps_inputs);
}

TEST(Conv2D, TakesStringsAndEnumerators) {
  const Conv2D by_string(4, 3, {.padding = "same", .activation = "relu"});
  const Conv2D by_name(4, {3, 3}, {.padding = Padding::same, .activation = Activation::relu});
  EXPECT_EQ(by_string.impl().config(), by_name.impl().config());
}

TEST(Conv2D, HandsOnTheRulesOfItsWeights) {
  const Conv2D layer(6, 3,
                     {.kernel_regularizer = "l2",
                      .bias_regularizer = Regularizer::l1(0.5F),
                      .kernel_constraint = Constraint::max_norm(3, {0, 1, 2}),
                      .bias_constraint = "non_neg"});
  const Layer again = Conv2D::from_config(layer.impl().config());
  EXPECT_EQ(again.impl().config(), layer.impl().config());
  const auto op = again.impl().build(test::behind_dense(again, {5, 5, 4}));
  const std::vector<WeightSpec>& weights = op->declaration().weights;
  EXPECT_EQ(weights[0].regularizer.config(), Regularizer("l2").config());
  EXPECT_EQ(weights[0].constraint.class_name(), "MaxNorm");
  EXPECT_EQ(weights[1].regularizer.l1_factor(), 0.5F);
  EXPECT_EQ(weights[1].constraint.class_name(), "NonNeg");
}

TEST(Conv2D, WritesKerasConfig) {
  const Conv2D layer(8, {3, 3}, {.activation = "relu", .name = "c", .trainable = false});
  EXPECT_EQ(layer.name(), "c");
  EXPECT_FALSE(layer.impl().trainable());
  EXPECT_EQ(layer.impl().config().str(),
            R"({"filters":8,"kernel_size":[3,3],"strides":[1,1],"padding":"valid",)"
            R"("data_format":"channels_last","dilation_rate":[1,1],"groups":1,"activation":"relu",)"
            R"("use_bias":true,"kernel_initializer":{"module":"keras.initializers",)"
            R"("class_name":"GlorotUniform","config":{"seed":null,"input_axes":null,)"
            R"("output_axes":null},"registered_name":null},)"
            R"("bias_initializer":{"module":"keras.initializers","class_name":"Zeros","config":{},)"
            R"("registered_name":null},"kernel_regularizer":null,"bias_regularizer":null,)"
            R"("activity_regularizer":null,"kernel_constraint":null,"bias_constraint":null})");
}

TEST(Conv2D, ReadsLeanConfigsWithKerasDefaults) {
  const Layer layer =
      Conv2D::from_config(Config::object({{"filters", 8}, {"kernel_size", Config::List{3, 2}}}));
  EXPECT_EQ(layer.impl().config(), Conv2D(8, {3, 2}).impl().config());
}

TEST(Conv2D, RefusesSettings) {
  expect_error<InvalidArgument>([] { Conv2D(0, 3, {.name = "c"}); },
                                "[Conv2D 'c'] filters: expected at least 1, got 0.");
  expect_error<InvalidArgument>([] { Conv2D(-4, 3); },
                                "[Conv2D] filters: expected at least 1, got -4.");
  expect_error<InvalidArgument>(
      [] {
        Conv2D(1, {3, 0});
      },
      "[Conv2D] kernel_size: expected numbers from 1 to 2147483647, got (3, 0).");
  expect_error<InvalidArgument>(
      [] { Conv2D(1, 3, {.strides = -1}); },
      "[Conv2D] strides: expected numbers from 1 to 2147483647, got (-1, -1).");
  expect_error<InvalidArgument>(
      [] {
        Conv2D(1, 3, {.dilation = {1, 1LL << 40}});
      },
      "[Conv2D] dilation: expected numbers from 1 to 2147483647, got (1, 1099511627776).");
  expect_error<InvalidArgument>([] { Conv2D(4, 3, {.groups = 0}); },
                                "[Conv2D] groups: expected at least 1, got 0.");
  expect_error<InvalidArgument>([] { Conv2D(4, 3, {.groups = 3}); },
                                "[Conv2D] groups: expected a divisor of the 4 filters, got 3.");
  expect_error<InvalidArgument>(
      [] {
        Conv2D(1, 3, {.strides = {1, 2}, .dilation = {2, 1}});
      },
      "[Conv2D] expected strides or dilation of 1, got strides (1, 2) and dilation (2, 1).");
  expect_error<InvalidArgument>([] { Conv2D(1, 3, {.padding = "full"}); },
                                "[padding] expected 'valid' or 'same', got 'full'.");
}

TEST(Conv2D, RefusesSizesBeyondCounting) {
  const Conv2D layer(1LL << 40, {1LL << 21, 1}, {.padding = "same"});
  expect_error<InvalidArgument>(
      [&] {
        layer.impl().build(test::behind_dense(layer, {2, 2, 1}));
      },
      "[Conv2D 'here'] kernel: expected a size in bytes that fits in 63 bits, got (2097152, 1, 1, "
      "1099511627776).");
}

TEST(Conv2D, RefusesConfigs) {
  const auto with = [](std::string_view key, Config value) {
    Config config = Conv2D(2, 3).impl().config();
    config.set("name", "c");
    config.set(key, std::move(value));
    return Conv2D::from_config(config);
  };
  expect_error<InvalidArgument>([&] { with("filters", {}); },
                                "[Conv2D 'c'] filters: expected an integer, got nothing.");
  expect_error<InvalidArgument>(
      [&] { with("kernel_size", {}); },
      "[Conv2D 'c'] kernel_size: expected an integer or a list of integers, got nothing.");
  expect_error<InvalidArgument>(
      [&] {
        with("strides", Config::List{1, 2, 3});
      },
      "[Conv2D 'c'] strides: expected one or two integers, got 3.");
  expect_error<InvalidArgument>([&] { with("padding", "causal"); },
                                "[Conv2D 'c'] padding: expected 'valid' or 'same', got 'causal'.");
  expect_error<Unimplemented>([&] { with("data_format", "channels_first"); },
                              "[Conv2D 'c'] 'data_format' = \"channels_first\" is not supported. "
                              "Supported: \"channels_last\".");
  expect_error<Unimplemented>(
      [&] {
        with("activity_regularizer", Config::object({{"class_name", "L2"}}));
      },
      "[Conv2D 'c'] 'activity_regularizer' = {\"class_name\":\"L2\"} is not supported. Supported: "
      "null.");
  expect_error<Unimplemented>(
      [&] {
        with("kernel_regularizer", Config::object({{"class_name", "OrthogonalRegularizer"}}));
      },
      "[Conv2D 'c'] 'kernel_regularizer' = 'OrthogonalRegularizer' is not supported. Known: l1, "
      "l2, "
      "l1_l2.");
  expect_error<InvalidArgument>(
      [&] { with("bias_constraint", 3); },
      "[Conv2D 'c'] bias_constraint: expected the name of a constraint or an object with a "
      "class_name, got 3.");
  expect_error<Unimplemented>(
      [&] { with("activation", "glu"); },
      fmt::format("[Conv2D 'c'] 'activation' = 'glu' is not supported. Supported: {}.",
                  fmt::join(activation_names(), ", ")));
  expect_error<Unimplemented>(
      [&] {
        with("kernel_initializer", Config::object({{"class_name", "STFT"}}));
      },
      "[Conv2D 'c'] 'kernel_initializer' = 'STFT' is not supported. Known: zeros, ones, "
      "constant, random_uniform, random_normal, truncated_normal, glorot_uniform, glorot_normal, "
      "he_uniform, he_normal, lecun_uniform, lecun_normal, variance_scaling, orthogonal, "
      "identity.");
  expect_error<InvalidArgument>(
      [&] { with("bias_initializer", 3); },
      "[Conv2D 'c'] bias_initializer: expected the name of an initializer or an object with a "
      "class_name, got 3.");
}

}  // namespace
}  // namespace minnow
