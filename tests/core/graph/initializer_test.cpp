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

TEST(Initializer, VarianceScalingTakesAnyFanAndDistribution) {
  const Shape kernel{300, 100};
  const auto has = [&](const Initializer& initializer, double variance) {
    const Moments m = moments(drawn(initializer, kernel));
    EXPECT_NEAR(m.variance, variance, close * variance) << initializer.config().str();
    return m;
  };
  const Moments cut = has(Initializer::variance_scaling(3), 3.0 / 300);
  EXPECT_LE(cut.high, 2 * std::sqrt(0.01) / 0.8796 + 1e-6);
  has(Initializer::variance_scaling(3, "fan_out", "normal"), 3.0 / 100);
  has(Initializer::variance_scaling(3, "fan_avg", "uniform"), 3.0 / 200);
  const Moments whole =
      has(Initializer::variance_scaling(3, "fan_in", "untruncated_normal"), 3.0 / 300);
  EXPECT_GT(whole.high, 3 * std::sqrt(0.01));
}

TEST(Initializer, OrthogonalColumnsOrRows) {
  for (const Shape& shape :
       {Shape{7, 4}, Shape{4, 7}, Shape{2, 3, 5, 6}, Shape{5, 5}, Shape{1, 3}}) {
    const std::int64_t cols = shape.back(), rows = shape.numel() / cols;
    const auto w = drawn(Initializer::orthogonal(2), shape);
    const std::int64_t n = std::min(rows, cols), along = std::max(rows, cols);
    for (std::int64_t a = 0; a < n; ++a) {
      for (std::int64_t b = 0; b < n; ++b) {
        double dot = 0;
        for (std::int64_t k = 0; k < along; ++k) {
          const auto at = [&](std::int64_t i) {
            return static_cast<double>(
                w[static_cast<std::size_t>(rows < cols ? i * cols + k : k * cols + i)]);
          };
          dot += at(a) * at(b);
        }
        EXPECT_NEAR(dot, a == b ? 4 : 0, 1e-6) << shape.str();
      }
    }
  }
  // The sign is as often one as the other.
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    sum += static_cast<double>(drawn("orthogonal", {1, 1}, seed)[0]);
  }
  EXPECT_LT(std::abs(sum), 80);
}

TEST(Initializer, IdentityIsADiagonal) {
  EXPECT_EQ(drawn(Initializer::identity(2), {2, 3}), (std::vector<float>{2, 0, 0, 0, 2, 0}));
  EXPECT_EQ(drawn("identity", {3, 2}), (std::vector<float>{1, 0, 0, 1, 0, 0}));
}

TEST(Initializer, SaysWhatShapesItCannotFill) {
  EXPECT_EQ(Initializer("identity").wrong_shape({3}), "a matrix");
  EXPECT_EQ(Initializer("identity").wrong_shape({3, 3, 3}), "a matrix");
  EXPECT_EQ(Initializer("identity").wrong_shape({3, 4}), "");
  EXPECT_EQ(Initializer("orthogonal").wrong_shape({3}), "at least rank 2");
  EXPECT_EQ(Initializer("orthogonal").wrong_shape({3, 3, 1, 4}), "");
  EXPECT_EQ(Initializer("he_normal").wrong_shape({3}), "");
}

TEST(Initializer, KnowsKerasOtherNames) {
  EXPECT_EQ(Initializer("zero").class_name(), "Zeros");
  EXPECT_EQ(Initializer("one").class_name(), "Ones");
  EXPECT_EQ(Initializer("uniform").class_name(), "RandomUniform");
  EXPECT_EQ(Initializer("normal").class_name(), "RandomNormal");
  EXPECT_EQ(Initializer("OrthogonalInitializer").class_name(), "Orthogonal");
  EXPECT_EQ(Initializer("IdentityInitializer").class_name(), "Identity");
}

TEST(Initializer, WritesKerasConfig) {
  EXPECT_EQ(Initializer("variance_scaling").config().str(),
            R"({"seed":null,"scale":1.0,"mode":"fan_in","distribution":"truncated_normal",)"
            R"("input_axes":null,"output_axes":null})");
  EXPECT_EQ(Initializer("orthogonal").config().str(), R"({"seed":null,"gain":1.0})");
  EXPECT_EQ(Initializer("identity").config().str(), "{}");
  EXPECT_EQ(Initializer::identity(2).config().str(), R"({"gain":2.0})");
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
        Initializer::truncated_normal(1, 0.25F), Initializer::orthogonal(0.5F),
        Initializer::identity(0.25F),
        Initializer::variance_scaling(0.5F, "fan_out", "untruncated_normal")}) {
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
      "glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, "
      "variance_scaling, orthogonal, identity.";
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
  expect_error<InvalidArgument>(
      [] { Initializer::variance_scaling(0); },
      "[variance_scaling] scale: expected a finite number above 0, got 0.");
  expect_error<InvalidArgument>(
      [] { Initializer::variance_scaling(1, "fan"); },
      "[variance_scaling] mode: expected one of fan_in, fan_out, fan_avg, got 'fan'.");
  expect_error<InvalidArgument>(
      [] { Initializer::variance_scaling(1, "fan_in", "cauchy"); },
      "[variance_scaling] distribution: expected one of uniform, truncated_normal, "
      "untruncated_normal, got 'cauchy'.");
  expect_error<InvalidArgument>([] { Initializer::orthogonal(INFINITY); },
                                "[orthogonal] expected finite parameters, got inf and inf.");
  expect_error<Unimplemented>(
      [] {
        Initializer::from_config("HeNormal", Config::object({{"input_axes", Config::List{0}}}));
      },
      "[HeNormal] 'input_axes' = [0] is not supported. Supported: null.");
  expect_error<Unimplemented>(
      [] {
        Initializer::from_config("HeNormal", Config::object({{"scale", 2}}));
      },
      "[HeNormal] 'scale' = 2 is not supported. Supported: no settings.");
}

}  // namespace
}  // namespace minnow
