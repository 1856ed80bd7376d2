// Facts of single layers among those of more_layer_cases.cpp: settings that are refused, noise,
// moving averages, adapt.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/error.h"
#include "core/tensor.h"
#include "layers/batch_normalization.h"
#include "layers/concatenate.h"
#include "layers/depthwise_conv2d.h"
#include "layers/elu.h"
#include "layers/gaussian_noise.h"
#include "layers/layer_normalization.h"
#include "layers/leaky_relu.h"
#include "layers/merge.h"
#include "layers/normalization.h"
#include "layers/permute.h"
#include "layers/prelu.h"
#include "layers/rescaling.h"
#include "layers/spatial_dropout2d.h"
#include "layers/up_sampling2d.h"
#include "layers/zero_padding2d.h"
#include "tests/expect_error.h"
#include "tests/layers/layer_rig.h"

namespace minnow {
namespace {

using test::LayerRig;

std::unique_ptr<LayerOp> built(const Layer& layer, const Shape& input) {
  return layer.impl().build(test::behind_dense(layer, input));
}

TEST(BatchNormalization, MovesItsAveragesBehindTheStep) {
  LayerRig rig(BatchNormalization({.momentum = 0.75F}), {1});
  rig.weights = {{1}, {0}, {8}, {2}};  // gamma, beta, mean, variance
  rig.x = {1, 3};
  rig.forward(2);
  EXPECT_EQ(rig.weights[2], std::vector<float>{8});
  rig.finish_step(2);
  EXPECT_EQ(rig.weights[2], std::vector<float>{6.5F});   // 0.75 8 + 0.25 2
  EXPECT_EQ(rig.weights[3], std::vector<float>{1.75F});  // 0.75 2 + 0.25 1: a biased variance
}

TEST(BatchNormalization, ThatIsNotTrainableKeepsThem) {
  LayerRig rig(BatchNormalization({.epsilon = 0, .trainable = false}), {1});
  rig.weights = {{2}, {1}, {8}, {4}};
  rig.x = {10, 8};
  rig.forward(2);
  EXPECT_EQ(rig.y, (std::vector<float>{3, 1}));
  rig.finish_step(2);
  EXPECT_EQ(rig.weights[2], std::vector<float>{8});
  rig.backward(2, {1, -3});
  EXPECT_EQ(rig.dx, (std::vector<float>{1, -3}));
}

TEST(BatchNormalization, RefusesSettings) {
  expect_error<InvalidArgument>(
      [] { BatchNormalization({.momentum = 1.5F, .name = "b"}); },
      "[BatchNormalization 'b'] momentum: expected a number in [0, 1], got 1.5.");
  expect_error<InvalidArgument>(
      [] { BatchNormalization({.epsilon = -1}); },
      "[BatchNormalization] epsilon: expected a finite number of at least 0, got -1.");
  expect_error<Unimplemented>(
      [] {
        built(BatchNormalization({.axis = 1}), {2, 3});
      },
      "[BatchNormalization 'here'] 'axis' = 1 of (N, 2, 3) is not supported. Supported: the last.");
  for (const std::string key : {"renorm", "synchronized"}) {
    expect_error<Unimplemented>(
        [&] {
          BatchNormalization::from_config(Config::object({{key, true}}));
        },
        "[BatchNormalization] '" + key + "' = true is not supported. Supported: false.");
  }
}

TEST(LayerNormalization, RefusesSettings) {
  expect_error<InvalidArgument>([] { LayerNormalization({.axis = {}}); },
                                "[LayerNormalization] axis: expected at least one axis, got none.");
  expect_error<Unimplemented>(
      [] {
        built(LayerNormalization({.axis = {1}}), {2, 3});
      },
      "[LayerNormalization 'here'] 'axis' = [1] of (N, 2, 3) is not supported. Supported: the last "
      "axes, each once.");
  expect_error<Unimplemented>(
      [] {
        LayerNormalization::from_config(Config::object({{"rms_scaling", true}}));
      },
      "[LayerNormalization] 'rms_scaling' = true is not supported. Supported: false.");
}

// Rules written to a config, read from it, and handed to the engine.
void expect_rules(const Layer& layer, Layer (*read)(const Config&), const Shape& input) {
  const Layer again = read(layer.impl().config());
  EXPECT_EQ(again.impl().config(), layer.impl().config());
  const auto op = built(again, input);
  const std::vector<WeightSpec>& weights = op->declaration().weights;
  EXPECT_EQ(weights[0].regularizer.class_name(), "L2") << layer.class_name();
  EXPECT_EQ(weights[0].constraint.class_name(), "MaxNorm") << layer.class_name();
  if (weights.size() == 1) return;
  EXPECT_EQ(weights[1].regularizer.class_name(), "L1") << layer.class_name();
  EXPECT_EQ(weights[1].constraint.class_name(), "NonNeg") << layer.class_name();
}

TEST(MoreLayers, HandOnTheRulesOfTheirWeights) {
  expect_rules(BatchNormalization({.beta_regularizer = "l1",
                                   .gamma_regularizer = "l2",
                                   .beta_constraint = "non_neg",
                                   .gamma_constraint = "max_norm"}),
               BatchNormalization::from_config, {3});
  expect_rules(LayerNormalization({.beta_regularizer = "l1",
                                   .gamma_regularizer = "l2",
                                   .beta_constraint = "non_neg",
                                   .gamma_constraint = "max_norm"}),
               LayerNormalization::from_config, {3});
  expect_rules(DepthwiseConv2D(2, {.depthwise_regularizer = "l2",
                                   .bias_regularizer = "l1",
                                   .depthwise_constraint = "max_norm",
                                   .bias_constraint = "non_neg"}),
               DepthwiseConv2D::from_config, {3, 3, 2});
  expect_rules(PReLU({.alpha_regularizer = "l2", .alpha_constraint = "max_norm"}),
               PReLU::from_config, {3});
}

TEST(Normalization, AdaptsToData) {
  Normalization layer;
  const Layer before = layer;
  layer.adapt(tensor({{1.0F, 10.0F}, {3.0F, 10.0F}, {2.0F, 40.0F}, {2.0F, 20.0F}}));
  const auto op = built(layer, {2});
  EXPECT_EQ(op->declaration().weights[0].values, (std::vector<float>{2, 20}));
  EXPECT_EQ(op->declaration().weights[1].values, (std::vector<float>{0.5F, 150}));
  EXPECT_TRUE(built(before, {2})->declaration().weights[0].values.empty());
  expect_error<InvalidArgument>(
      [&] { built(layer, {3}); },
      "[Normalization 'here'] input: expected 2 places on the axes [-1], as in the data of adapt, "
      "got (N, 3) from Dense 'before'.");
}

TEST(Normalization, RefusesData) {
  Normalization given({.mean = 1, .variance = 2});
  expect_error<FailedPrecondition>(
      [&] {
        given.adapt(zeros({3, 2}));
      },
      "[adapt] expected a Normalization without mean and variance of its own.");
  Normalization layer;
  expect_error<InvalidArgument>(
      [&] {
        layer.adapt(zeros({0, 2}));
      },
      "[adapt] data: expected at least one row (N, ...), got (0, 2).");
  expect_error<InvalidArgument>(
      [&] {
        layer.adapt(tensor({{1.0F, NAN}}));
      },
      "[adapt] data: expected finite values, got a variance of nan at place 1.");
  EXPECT_TRUE(built(layer, {2})->declaration().weights[0].values.empty());
}

TEST(Normalization, RefusesSettings) {
  expect_error<InvalidArgument>(
      [] { Normalization({.mean = 1}); },
      "[Normalization] expected mean and variance, or neither, got mean alone.");
  expect_error<InvalidArgument>(
      [] { Normalization({.mean = 1, .variance = -2}); },
      "[Normalization] variance: expected a finite number of at least 0, got -2.");
  expect_error<InvalidArgument>(
      [] {
        Normalization({.axis = {0, 1}});
      },
      "[Normalization] axis: expected axes other than the batch's, got [0, 1].");
}

TEST(Normalization, OfNoAxisIsNullInItsConfig) {
  const Layer one = Normalization::from_config(Config::object({{"axis", {}}}));
  EXPECT_EQ(built(one, {2, 3})->declaration().weights[0].shape, Shape{});
  const Layer last = Normalization::from_config(Config(Config::Object{}));
  EXPECT_EQ(built(last, {2, 3})->declaration().weights[0].shape, Shape{3});
}

std::vector<float> noise_of(const Layer& layer, const kernels::NoiseKey& key) {
  LayerRig rig(layer, {100, 10, 20});
  rig.noise = key;
  rig.x.assign(20000, 1.0F);
  rig.forward(1);
  return rig.y;
}

TEST(GaussianNoise, HasTheMomentsOfANormal) {
  const std::vector<float> y = noise_of(GaussianNoise(0.5F), {.key = {1, 2}, .step = 1});
  double sums[5] = {};
  for (const float v : y) {
    const double z = (static_cast<double>(v) - 1) / 0.5;
    for (int k = 1; k < 5; ++k) sums[k] += std::pow(z, k) / 20000;
  }
  // Five standard deviations of each moment's mean.
  EXPECT_NEAR(sums[1], 0, 5 * std::sqrt(1 / 20000.0));
  EXPECT_NEAR(sums[2], 1, 5 * std::sqrt(2 / 20000.0));
  EXPECT_NEAR(sums[3], 0, 5 * std::sqrt(15 / 20000.0));
  EXPECT_NEAR(sums[4], 3, 5 * std::sqrt(96 / 20000.0));
}

TEST(GaussianNoise, DrawsAnewInEveryStepAndByItsOwnSeed) {
  const GaussianNoise layer(0.5F), own(0.5F, {.seed = 5});
  const auto first = noise_of(layer, {.key = {1, 2}, .step = 1});
  EXPECT_EQ(first, noise_of(layer, {.key = {1, 2}, .step = 1}));
  EXPECT_NE(first, noise_of(layer, {.key = {1, 2}, .step = 2}));
  EXPECT_EQ(noise_of(own, {.key = {1, 2}, .step = 1}), noise_of(own, {.key = {3, 4}, .step = 1}));
}

TEST(SpatialDropout2D, DropsWholeChannels) {
  LayerRig rig(SpatialDropout2D(0.5F), {2, 2, 64});
  rig.x.assign(2 * 4 * 64, 1.0F);
  rig.forward(2);
  int dropped = 0;
  for (std::size_t image = 0; image < 2; ++image) {
    for (std::size_t c = 0; c < 64; ++c) {
      const float first = rig.y[image * 256 + c];
      EXPECT_TRUE(first == 0 || first == 2);
      dropped += first == 0;
      for (std::size_t place = 1; place < 4; ++place) {
        EXPECT_EQ(rig.y[image * 256 + place * 64 + c], first);
      }
    }
  }
  EXPECT_NEAR(dropped, 64, 5 * std::sqrt(128 * 0.25));
}

TEST(MoreLayers, RefuseSettings) {
  expect_error<InvalidArgument>([] { GaussianNoise(1.5F); },
                                "[GaussianNoise] stddev: expected a number in [0, 1], got 1.5.");
  expect_error<InvalidArgument>([] { SpatialDropout2D(1); },
                                "[SpatialDropout2D] rate: expected a number in [0, 1), got 1.");
  expect_error<InvalidArgument>(
      [] { LeakyReLU({.negative_slope = -1}); },
      "[LeakyReLU] negative_slope: expected a finite number of at least 0, got -1.");
  expect_error<InvalidArgument>([] { ELU({.alpha = INFINITY}); },
                                "[ELU] alpha: expected finite numbers, got \"Infinity\".");
  expect_error<InvalidArgument>([] { PReLU({.shared_axes = {0}}); },
                                "[PReLU] shared_axes: expected at least 1, got 0.");
  expect_error<InvalidArgument>([] { Rescaling(NAN); },
                                "[Rescaling] scale: expected finite numbers, got \"NaN\".");
  expect_error<InvalidArgument>(
      [] {
        Permute({1, 1});
      },
      "[Permute] dims: expected the numbers 1 to 2, each once, got (1, 1).");
  expect_error<InvalidArgument>(
      [] { Concatenate({.axis = 0}); },
      "[Concatenate] axis: expected an axis other than the batch's, got 0.");
  expect_error<InvalidArgument>(
      [] {
        UpSampling2D({2, 0});
      },
      "[UpSampling2D] size: expected numbers from 1 to 2147483647, got (2, 0).");
  expect_error<Unimplemented>(
      [] {
        UpSampling2D::from_config(Config::object({{"interpolation", "bilinear"}}));
      },
      "[UpSampling2D] 'interpolation' = \"bilinear\" is not supported. Supported: \"nearest\".");
  expect_error<InvalidArgument>([] { DepthwiseConv2D(3, {.depth_multiplier = 0}); },
                                "[DepthwiseConv2D] depth_multiplier: expected at least 1, got 0.");
  expect_error<InvalidArgument>(
      [] { DepthwiseConv2D(3, {.strides = 2, .dilation = 2}); },
      "[DepthwiseConv2D] expected strides or dilation of 1, got strides (2, 2) and dilation (2, "
      "2).");
}

TEST(ZeroPadding2D, ReadsMarginsInKerasWays) {
  const auto output = [](Config padding) {
    const Layer layer =
        ZeroPadding2D::from_config(Config::object({{"padding", std::move(padding)}}));
    return built(layer, {10, 20, 3})->declaration().output;
  };
  EXPECT_EQ(output(2), (Shape{14, 24, 3}));
  EXPECT_EQ(output(Config::List{1, 2}), (Shape{12, 24, 3}));
  EXPECT_EQ(output(Config::List{Config::List{1, 2}, Config::List{3, 4}}), (Shape{13, 27, 3}));
  expect_error<InvalidArgument>([&] { output("1"); },
                                "[ZeroPadding2D] padding: expected an integer, two, or two pairs "
                                "of them, got \"1\".");
  expect_error<InvalidArgument>(
      [] {
        ZeroPadding2D({0, 0, 0, -1});
      },
      "[ZeroPadding2D] padding: expected numbers from 0 to 2147483647, got ((0, 0), (0, -1)).");
}

TEST(Rescaling, ReadsNumpyArrays) {
  const Config array = Config::object(
      {{"class_name", "__numpy__"},
       {"config", Config::object({{"value", Config::List{0.5, 2}}, {"dtype", "float32"}})}});
  LayerRig rig(Rescaling::from_config(Config::object({{"scale", array}, {"offset", 1}})), {2});
  rig.x = {2, 3};
  rig.forward(1);
  EXPECT_EQ(rig.y, (std::vector<float>{2, 7}));
  expect_error<InvalidArgument>(
      [] {
        Rescaling::from_config(Config::object({{"scale", "big"}}));
      },
      "[Rescaling] scale: expected a number or a list of numbers, got \"big\".");
}

TEST(Subtract, TakesTwo) {
  const Subtract layer;
  expect_error<InvalidArgument>(
      [&] {
        layer.impl().build(test::behind_dense(layer, {2}, {{2}, {2}}));
      },
      "[Subtract 'here'] input: expected two inputs, got 3.");
}

}  // namespace
}  // namespace minnow
