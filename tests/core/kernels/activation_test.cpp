#include "core/kernels/activation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/complex_step.h"
#include "tests/support/numbers.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

using enum ActivationKind;
using Complexes = std::vector<std::complex<double>>;

// Every function on single numbers, with the parameters that change its course.
std::vector<ActivationFn> functions() {
  return {{linear},
          {relu},
          {sigmoid},
          {tanh},
          {softplus},
          {.kind = elu, .slope = 1},
          {.kind = elu, .slope = 0.5F},
          {.kind = elu, .slope = -0.5F},
          {.kind = leaky_relu, .slope = 0.2F},
          {.kind = leaky_relu, .slope = 0},
          {.kind = leaky_relu, .slope = -0.2F},
          {silu},
          {gelu},
          {selu},
          {celu},
          {relu6},
          {hard_sigmoid},
          {hard_silu},
          {hard_tanh},
          {hard_shrink},
          {soft_shrink},
          {tanh_shrink},
          {softsign},
          {squareplus},
          {sparse_plus},
          {sparse_sigmoid},
          {log_sigmoid},
          {exponential},
          {mish},
          {gelu_tanh},
          {.kind = clipped_relu},
          {.kind = clipped_relu, .max_value = 1.5F},
          {.kind = clipped_relu, .slope = 0.1F, .max_value = 2, .threshold = 0.7F}};
}

std::vector<float> activate(const ActivationFn& f, std::int64_t rows, std::int64_t cols,
                            const std::vector<float>& z, int threads = 1) {
  std::vector<float> y(z.size(), nan);
  kernels::activate(Workers(threads), f, rows, cols, z.data(), y.data());
  std::vector<float> in_place = z;
  kernels::activate(Workers(threads), f, rows, cols, in_place.data(), in_place.data());
  EXPECT_TRUE(same_bits(y, in_place));
  return y;
}

std::vector<float> derive(const ActivationFn& f, std::int64_t rows, std::int64_t cols,
                          const std::vector<float>& z, std::vector<float> delta, int threads = 1) {
  const auto saved = kernels::derivative_needs_input(f) ? z : activate(f, rows, cols, z);
  kernels::activate_backward(Workers(threads), f, rows, cols, saved.data(), delta.data());
  return delta;
}

float one(const ActivationFn& f, float z) { return activate(f, 1, 1, {z})[0]; }

// How many floats lie between y and the exact value, in units of the exact value's last place.
double ulps(float y, double exact) {
  const auto nearest = static_cast<float>(exact);
  const double unit = static_cast<double>(std::nextafter(std::fabs(nearest), inf)) -
                      static_cast<double>(std::fabs(nearest));
  return std::fabs(static_cast<double>(y) - exact) / unit;
}

// The figures that docs and comments give; on every instruction set (kernels_on.*).
TEST(Activation, IsWithinTheStatedUnitsInTheLastPlace) {
  struct Claim {
    ActivationFn f;
    double most;
    double (*exact)(double);
  };
  const Claim claims[] = {
      {{sigmoid}, 3, [](double z) { return 1 / (1 + std::exp(-z)); }},
      {{tanh}, 3, [](double z) { return std::tanh(z); }},
      {{softplus},
       3,
       [](double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::fabs(z))); }},
      {{.kind = elu, .slope = 1}, 2, [](double z) { return z > 0 ? z : std::expm1(z); }},
      {{gelu}, 5, [](double z) { return z / 2 * std::erfc(-z / std::sqrt(2.0)); }},
      {{silu}, 3, [](double z) { return z / (1 + std::exp(-z)); }},
      {{selu},
       3,
       [](double z) {
         return 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * std::expm1(z));
       }},
      {{softsign}, 3, [](double z) { return z / (1 + std::fabs(z)); }},
      {{squareplus},
       3,
       [](double z) {
         const double sum = std::fabs(z) + std::sqrt(z * z + 4);
         return z < 0 ? 2 / sum : sum / 2;
       }},
      {{log_sigmoid},
       3,
       [](double z) { return std::min(z, 0.0) - std::log1p(std::exp(-std::fabs(z))); }},
      {{mish},
       5,
       [](double z) {
         const double e = std::exp(std::min(z, 40.0));
         return z * (e * (e + 2) / (e * (e + 2) + 2));
       }},
  };
  std::vector<float> z;
  for (float size = 1e-30F; size < 1e4F; size *= 1.0009F) {
    z.push_back(size);
    z.push_back(-size);
  }
  for (const Claim& claim : claims) {
    const auto y = activate(claim.f, 1, static_cast<std::int64_t>(z.size()), z);
    double worst = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const double exact = claim.exact(z[i]);
      if (std::fabs(exact) < 1e-35) continue;  // factors or the result are denormal
      worst = std::max(worst, ulps(y[i], exact));
    }
    EXPECT_LT(worst, claim.most) << static_cast<int>(claim.f.kind);
  }
}

TEST(Activation, IsRightOnOddSizes) {
  for (const ActivationFn& f : functions()) {
    for (const std::int64_t n : {0, 1, 3, 4, 7, 33, 500}) {
      const auto z = random_numbers(n, 1, -9, 9);
      std::vector<double> expected;
      for (const float v : z) expected.push_back(oracle::activate(f, static_cast<double>(v)));
      EXPECT_TRUE(near_all(expected, activate(f, 1, n, z), 2e-7)) << static_cast<int>(f.kind);
    }
  }
}

TEST(Activation, DerivativesAgreeWithTheComplexStep) {
  for (const ActivationFn& f : functions()) {
    const auto z = random_numbers(201, 2, -6, 6), delta = random_numbers(201, 3);
    const auto expected = gradient(
        [&](Complexes v) {
          for (auto& x : v) x = oracle::activate(f, x);
          return dot(v, delta);
        },
        widen(z));
    EXPECT_TRUE(near_all(expected, derive(f, 3, 67, z, delta), 5e-7)) << static_cast<int>(f.kind);
  }
}

TEST(Activation, SoftmaxWorksAlongRows) {
  for (const std::int64_t rows : {0, 1, 3, 6}) {
    for (const std::int64_t cols : {1, 2, 10, 16, 17, 65}) {
      const auto z = random_numbers(rows * cols, 4, -20, 20), d = random_numbers(rows * cols, 5);
      EXPECT_TRUE(near_each(oracle::softmax(rows, cols, 1, widen(z)),
                            activate({softmax}, rows, cols, z), 3e-6));
      const auto expected = gradient(
          [&](const Complexes& v) { return dot(oracle::softmax(rows, cols, 1, v), d); }, widen(z));
      EXPECT_TRUE(near_all(expected, derive({softmax}, rows, cols, z, d), 5e-7, {.scale = 1}));
    }
  }
}

TEST(Activation, LogSoftmaxWorksAlongRows) {
  for (const std::int64_t rows : {0, 1, 3}) {
    for (const std::int64_t cols : {1, 2, 10, 300}) {
      const auto z = random_numbers(rows * cols, 4, -20, 20), d = random_numbers(rows * cols, 5);
      EXPECT_TRUE(near_all(oracle::log_softmax(cols, widen(z)),
                           activate({log_softmax}, rows, cols, z), 3e-7));
      const auto expected = gradient(
          [&](const Complexes& v) { return dot(oracle::log_softmax(cols, v), d); }, widen(z));
      EXPECT_TRUE(near_all(expected, derive({log_softmax}, rows, cols, z, d), 2e-6, {.scale = 1}));
    }
  }
}

TEST(Activation, IsStableFarOut) {
  EXPECT_FLOAT_EQ(one({sigmoid}, -80), std::exp(-80.0F));
  EXPECT_NEAR(one({sigmoid}, -100) / 3.7835e-44, 1, 0.05);  // a denormal, and not 0
  EXPECT_EQ(one({sigmoid}, 100), 1);
  EXPECT_EQ(one({sigmoid}, inf), 1);
  EXPECT_EQ(one({sigmoid}, -inf), 0);
  EXPECT_EQ(one({softplus}, 100), 100);
  EXPECT_FLOAT_EQ(one({softplus}, -80), std::exp(-80.0F));
  EXPECT_EQ(one({softplus}, inf), inf);
  EXPECT_EQ(one({tanh}, 100), 1);
  EXPECT_EQ(one({.kind = elu, .slope = 2}, -100), -2);
  EXPECT_EQ(one({silu}, 100), 100);
  EXPECT_FLOAT_EQ(one({silu}, -80), -80 * std::exp(-80.0F));
  EXPECT_NEAR(one({gelu}, -10) / (-5 * std::erfc(10 / std::sqrt(2.0))), 1, 1e-6);
  EXPECT_EQ(one({log_sigmoid}, 100), -std::exp(-100.0F));
  EXPECT_EQ(one({log_sigmoid}, -100), -100);
  EXPECT_EQ(one({mish}, 100), 100);
  EXPECT_EQ(one({gelu_tanh}, 1e20F), 1e20F);
  EXPECT_EQ(derive({gelu_tanh}, 1, 1, {1e20F}, {1}), std::vector<float>{1});
  EXPECT_FLOAT_EQ(one({squareplus}, -1e4F), 1e-4F);
  EXPECT_EQ(one({exponential}, 100), inf);
  EXPECT_EQ(one({softsign}, -1e30F), -1);
  EXPECT_EQ(one({relu}, -inf), 0);
  EXPECT_EQ(one({relu}, inf), inf);
  EXPECT_EQ(one({clipped_relu}, -inf), 0);
  const float denormal = 1e-42F;
  EXPECT_EQ(one({relu}, denormal), denormal);
}

TEST(Activation, ShowsNan) {
  for (const ActivationFn& f : functions()) {
    for (const float v : activate(f, 1, 9, std::vector<float>(9, nan))) {
      EXPECT_TRUE(std::isnan(v)) << static_cast<int>(f.kind);
    }
  }
  for (const float v : activate({softmax}, 1, 3, {0, nan, 1})) EXPECT_TRUE(std::isnan(v));
  for (const float v : activate({softmax}, 1, 3, {nan, 0, 1})) EXPECT_TRUE(std::isnan(v));
}

TEST(Activation, TellsOfDeltasThatAreNotFinite) {
  std::vector<ActivationFn> all = functions();
  all.push_back({softmax});
  all.push_back({log_softmax});
  for (const ActivationFn& f : all) {
    for (const std::int64_t n : {1, 3000, 40000}) {
      const std::vector<float> z(static_cast<std::size_t>(n), -1.0F);  // relu's derivative: 0
      for (const float bad : {0.0F, nan, -inf}) {
        std::vector<float> delta(z.size(), 1.0F);
        delta.back() = bad;
        const bool finite = kernels::activate_backward(Workers(2), f, 1, n, z.data(), delta.data());
        EXPECT_EQ(finite, bad == 0) << static_cast<int>(f.kind);
      }
    }
  }
}

TEST(Activation, DerivativeAtTheKinkIsTensorFlows) {
  EXPECT_EQ(derive({relu}, 1, 2, {0, -0.0F}, {5, 5}), (std::vector<float>{0, 0}));
  EXPECT_EQ(derive({clipped_relu}, 1, 1, {0}, {5}), std::vector<float>{0});
  EXPECT_EQ(derive({.kind = leaky_relu, .slope = 0.5F}, 1, 1, {0}, {4}), std::vector<float>{2});
  EXPECT_EQ(derive({.kind = elu, .slope = 1}, 1, 1, {0}, {4}), std::vector<float>{4});
  EXPECT_EQ(derive({celu}, 1, 1, {0}, {4}), std::vector<float>{8});
  EXPECT_EQ(derive({relu6}, 1, 2, {0, 6}, {4, 4}), (std::vector<float>{0, 0}));
  EXPECT_EQ(derive({hard_tanh}, 1, 2, {-1, 1}, {4, 4}), (std::vector<float>{4, 4}));
  EXPECT_EQ(derive({hard_sigmoid}, 1, 2, {-3, 3}, {4, 4}), (std::vector<float>{0, 0}));
  EXPECT_EQ(derive({soft_shrink}, 1, 2, {-0.5F, 0.5F}, {4, 4}), (std::vector<float>{0, 0}));
  EXPECT_EQ(derive({hard_shrink}, 1, 2, {-0.5F, 0.5F}, {4, 4}), (std::vector<float>{0, 0}));
}

TEST(Activation, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto z = random_numbers(200 * 301, 6, -5, 5), d = random_numbers(200 * 301, 7);
  auto all = functions();
  all.push_back({softmax});
  all.push_back({log_softmax});
  for (const ActivationFn& f : all) {
    const auto y = activate(f, 200, 301, z), dz = derive(f, 200, 301, z, d);
    for (const int threads : {2, 3, 4, 7}) {
      EXPECT_TRUE(same_bits(y, activate(f, 200, 301, z, threads)));
      EXPECT_TRUE(same_bits(dz, derive(f, 200, 301, z, d, threads)));
    }
  }
}

}  // namespace
}  // namespace minnow::test
