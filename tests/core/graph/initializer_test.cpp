#include "core/graph/initializer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

std::vector<float> drawn(const Initializer& initializer, const Shape& shape,
                         std::uint64_t seed = 1) {
  std::vector<float> values(static_cast<std::size_t>(shape.numel()),
                            std::numeric_limits<float>::quiet_NaN());
  Rng rng(seed, "layer/kernel");
  initializer.fill(shape, rng, values.data());
  return values;
}

struct Moments {
  double mean = 0, variance = 0, low = 0, high = 0;
};
Moments moments(const std::vector<float>& values) {
  Moments m;
  const auto n = static_cast<double>(values.size());
  for (const float v : values) m.mean += static_cast<double>(v) / n;
  for (const float v : values) m.variance += std::pow(static_cast<double>(v) - m.mean, 2) / n;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  m.low = static_cast<double>(*low);
  m.high = static_cast<double>(*high);
  return m;
}

// The variance of n draws lies this near to the truth, but for one time in a million.
constexpr double close = 0.03;

TEST(Initializer, FillsWithOneNumber) {
  EXPECT_EQ(drawn("zeros", {3}), (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(drawn("ones", {2}), (std::vector<float>{1, 1}));
  EXPECT_EQ(drawn(Initializer::constant(0.25F), {2}), (std::vector<float>{0.25F, 0.25F}));
}

TEST(Initializer, SameSeedSameValues) {
  for (const auto name : {"glorot_uniform", "he_normal", "random_normal", "truncated_normal"}) {
    EXPECT_EQ(drawn(name, {7, 5}, 3), drawn(name, {7, 5}, 3)) << name;
    EXPECT_NE(drawn(name, {7, 5}, 3), drawn(name, {7, 5}, 4)) << name;
  }
}

TEST(Initializer, EveryWeightHasAStreamOfItsOwn) {
  std::vector<float> kernel(8), other(8);
  Rng first(1, "dense/kernel"), second(1, "dense_1/kernel");
  Initializer("glorot_uniform").fill({2, 4}, first, kernel.data());
  Initializer("glorot_uniform").fill({2, 4}, second, other.data());
  EXPECT_NE(kernel, other);
}

TEST(Initializer, UniformStaysInItsRangeAndFillsIt) {
  const Moments m = moments(drawn(Initializer::random_uniform(-2, 3), {200, 200}));
  EXPECT_GE(m.low, -2);
  EXPECT_LE(m.high, 3);
  EXPECT_LT(m.low, -1.99);
  EXPECT_GT(m.high, 2.99);
  EXPECT_NEAR(m.mean, 0.5, 0.05);
  EXPECT_NEAR(m.variance, 25.0 / 12, close * 25 / 12);
}

TEST(Initializer, NormalHasItsMeanAndDeviation) {
  const Moments m = moments(drawn(Initializer::random_normal(1, 0.5F), {200, 200}));
  EXPECT_NEAR(m.mean, 1, 0.02);
  EXPECT_NEAR(m.variance, 0.25, close * 0.25);
}

TEST(Initializer, TruncatedNormalStaysWithinTwoDeviations) {
  const Moments m = moments(drawn(Initializer::truncated_normal(1, 0.5F), {200, 200}));
  EXPECT_GE(m.low, 0);
  EXPECT_LE(m.high, 2);
  EXPECT_NEAR(m.mean, 1, 0.02);
  EXPECT_NEAR(m.variance, 0.25 * 0.7737, close * 0.25);  // of a standard normal cut at 2: 0.7737
}

// The variance Keras's VarianceScaling aims at: scale / fan, uniform or normal alike.
void has_variance(const char* name, const Shape& shape, double variance) {
  const Moments m = moments(drawn(name, shape));
  EXPECT_NEAR(m.mean, 0, 5 * std::sqrt(variance / static_cast<double>(shape.numel()))) << name;
  EXPECT_NEAR(m.variance, variance, close * variance) << name;
}

TEST(Initializer, ScalesByTheFansOfADenseKernel) {
  const Shape kernel{300, 100};
  has_variance("glorot_uniform", kernel, 2.0 / 400);
  has_variance("glorot_normal", kernel, 2.0 / 400);
  has_variance("he_uniform", kernel, 2.0 / 300);
  has_variance("he_normal", kernel, 2.0 / 300);
  has_variance("lecun_uniform", kernel, 1.0 / 300);
  has_variance("lecun_normal", kernel, 1.0 / 300);
}

TEST(Initializer, ScalesByTheFansOfAConvolution) {
  const Shape kernel{3, 5, 20, 100};  // fans 15 * 20 and 15 * 100
  has_variance("glorot_uniform", kernel, 2.0 / (300 + 1500));
  has_variance("he_normal", kernel, 2.0 / 300);
  has_variance("lecun_normal", kernel, 1.0 / 300);
}

TEST(Initializer, GlorotUniformKeepsWithinItsLimit) {
  const double limit = std::sqrt(6.0 / 400);
  const Moments m = moments(drawn("glorot_uniform", {300, 100}));
  EXPECT_GE(m.low, -limit);
  EXPECT_LE(m.high, limit);
  EXPECT_GT(m.high, 0.99 * limit);
}

TEST(Initializer, TakesShapesOfAnyRank) {
  for (const Shape& shape : {Shape{}, Shape{5}, Shape{0, 3}}) {
    for (const float v : drawn("glorot_uniform", shape)) EXPECT_TRUE(std::isfinite(v));
    for (const float v : drawn("he_normal", shape)) EXPECT_TRUE(std::isfinite(v));
  }
}

TEST(Initializer, KnowsBothOfKerasNames) {
  EXPECT_EQ(Initializer("GlorotUniform").class_name(), "GlorotUniform");
  EXPECT_EQ(Initializer("glorot_uniform").class_name(), "GlorotUniform");
  EXPECT_EQ(Initializer("RandomNormal").config(), Initializer::random_normal().config());
  EXPECT_EQ(Initializer("truncated_normal").config(), Initializer::truncated_normal().config());
  EXPECT_EQ(Initializer("random_uniform").config(), Initializer::random_uniform().config());
}

TEST(Initializer, ComesBackFromItsConfig) {
  for (const Initializer& initializer :
       {Initializer("zeros"), Initializer("he_uniform"), Initializer::constant(0.1F),
        Initializer::random_uniform(-1, 2), Initializer::random_normal(0.5F, 2),
        Initializer::truncated_normal(1, 0.25F)}) {
    const Initializer again =
        Initializer::from_config(initializer.class_name(), initializer.config());
    EXPECT_EQ(again.class_name(), initializer.class_name());
    EXPECT_EQ(again.config(), initializer.config());
    EXPECT_EQ(drawn(again, {3, 4}), drawn(initializer, {3, 4}));
  }
}

TEST(Initializer, RefusesSettings) {
  const std::string known =
      "Known: zeros, ones, constant, random_uniform, random_normal, truncated_normal, "
      "glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal.";
  expect_error<InvalidArgument>(
      [] { Initializer("glorot_unifrom"); },
      "[initializer] expected the name of an initializer, got 'glorot_unifrom'. Did you mean "
      "'glorot_uniform'? " +
          known);
  expect_error<InvalidArgument>([] { Initializer::random_uniform(2, 1); },
                                "[random_uniform] expected low <= high, got low 2 and high 1.");
  expect_error<InvalidArgument>([] { Initializer::random_normal(0, -1); },
                                "[random_normal] stddev: expected at least 0, got -1.");
  expect_error<InvalidArgument>([] { Initializer::random_normal(NAN, 1); },
                                "[random_normal] expected finite parameters, got nan and 1.");
  expect_error<Unimplemented>(
      [] {
        Initializer::from_config("HeNormal", Config::object({{"scale", 2}}));
      },
      "[HeNormal] 'scale' = 2 is not supported. Supported: no settings.");
}

}  // namespace
}  // namespace minnow
