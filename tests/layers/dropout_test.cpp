#include "layers/dropout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "core/config.h"
#include "core/error.h"
#include "tests/expect_error.h"
#include "tests/layers/layer_rig.h"

namespace minnow {
namespace {

using test::LayerRig;

// What becomes of a row of ones.
std::vector<float> noise_of(const Dropout& layer, const kernels::NoiseKey& key) {
  LayerRig rig(layer, {1000});
  rig.noise = key;
  rig.x.assign(1000, 1.0F);
  rig.forward(1);
  return rig.y;
}

TEST(Dropout, KeepsTheMean) {
  const std::vector<float> y = noise_of(Dropout(0.25F), {.key = {1, 2}, .step = 1});
  const auto zeros = std::count(y.begin(), y.end(), 0.0F);
  EXPECT_NEAR(static_cast<double>(zeros), 250, 5 * std::sqrt(1000 * 0.25 * 0.75));
  EXPECT_EQ(std::count(y.begin(), y.end(), 1 / 0.75F), 1000 - zeros);
}

TEST(Dropout, DrawsAnewInEveryStep) {
  const Dropout layer(0.5F);
  const auto first = noise_of(layer, {.key = {1, 2}, .step = 1});
  EXPECT_EQ(first, noise_of(layer, {.key = {1, 2}, .step = 1}));
  EXPECT_NE(first, noise_of(layer, {.key = {1, 2}, .step = 2}));
  EXPECT_NE(first, noise_of(layer, {.key = {1, 3}, .step = 1}));
}

TEST(Dropout, AnOwnSeedReplacesTheModels) {
  const Dropout layer(0.5F, {.seed = 5});
  const auto first = noise_of(layer, {.key = {1, 2}, .step = 1});
  EXPECT_EQ(first, noise_of(layer, {.key = {3, 4}, .step = 1}));
  EXPECT_NE(first, noise_of(layer, {.key = {1, 2}, .step = 2}));
  EXPECT_NE(first, noise_of(Dropout(0.5F, {.seed = 6}), {.key = {1, 2}, .step = 1}));
}

TEST(Dropout, SavesNothing) {
  const Dropout layer(0.5F);
  const auto op = layer.impl().build(test::behind_dense(layer, {4}));
  const Declaration& d = op->declaration();
  EXPECT_TRUE(d.identity_in_inference);
  EXPECT_FALSE(d.keeps_inputs || d.keeps_output);
  EXPECT_EQ(d.saved.per_row + d.saved.fixed, 0);
}

TEST(Dropout, WritesKerasConfig) {
  EXPECT_EQ(Dropout(0.5F).impl().config().str(), R"({"rate":0.5,"seed":null,"noise_shape":null})");
  EXPECT_EQ(Dropout(0.25F, {.seed = 7}).impl().config().str(),
            R"({"rate":0.25,"seed":7,"noise_shape":null})");
}

TEST(Dropout, RefusesSettings) {
  expect_error<InvalidArgument>([] { Dropout(1, {.name = "d"}); },
                                "[Dropout 'd'] rate: expected a number in [0, 1), got 1.");
  expect_error<InvalidArgument>([] { Dropout(-0.5F); },
                                "[Dropout] rate: expected a number in [0, 1), got -0.5.");
  expect_error<InvalidArgument>([] { Dropout(NAN); },
                                "[Dropout] rate: expected a number in [0, 1), got nan.");
  expect_error<Unimplemented>(
      [] {
        Dropout::from_config(Config::object({{"noise_shape", Config::List{1, 2}}}));
      },
      "[Dropout] 'noise_shape' = [1,2] is not supported. Supported: null.");
}

}  // namespace
}  // namespace minnow
