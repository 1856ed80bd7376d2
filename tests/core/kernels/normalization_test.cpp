#include "core/kernels/normalization.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/complex_step.h"
#include "tests/support/numbers.h"

namespace minnow::test {
namespace {

constexpr float epsilon = 1e-3F;

// What a layer normalisation of each row computes, on any type of number.
template <class T>
std::vector<T> normal_rows(std::int64_t cols, std::vector<T> x, const std::vector<float>& gamma,
                           const std::vector<float>& beta) {
  const auto n = static_cast<std::size_t>(cols);
  for (std::size_t row = 0; row < x.size(); row += n) {
    T mean = 0, variance = 0;
    for (std::size_t j = 0; j < n; ++j) mean += x[row + j] / static_cast<double>(n);
    for (std::size_t j = 0; j < n; ++j) {
      variance += (x[row + j] - mean) * (x[row + j] - mean) / static_cast<double>(n);
    }
    for (std::size_t j = 0; j < n; ++j) {
      const T v = (x[row + j] - mean) / std::sqrt(variance + static_cast<double>(epsilon));
      x[row + j] = v * (gamma.empty() ? 1.0 : static_cast<double>(gamma[j])) +
                   (beta.empty() ? 0.0 : static_cast<double>(beta[j]));
    }
  }
  return x;
}

const float* data_or_null(const std::vector<float>& v) { return v.empty() ? nullptr : v.data(); }

struct Results {
  std::vector<float> y, dx, dgamma, dbeta;
};

Results run(std::int64_t rows, std::int64_t cols, const std::vector<float>& x,
            const std::vector<float>& dy, const std::vector<float>& gamma,
            const std::vector<float>& beta, int threads = 1) {
  const kernels::RowNorm norm{rows, cols, epsilon, data_or_null(gamma), data_or_null(beta)};
  const auto n = static_cast<std::size_t>(cols);
  Results r{x, x, std::vector<float>(n, 1.0F), std::vector<float>(n, 1.0F)};
  std::vector<float> saved(static_cast<std::size_t>(2 * rows));
  std::vector<float> scratch(static_cast<std::size_t>(2 * cols * kernels::layer_norm_pieces));
  const Workers workers(threads);
  kernels::layer_norm_forward(workers, norm, x.data(), r.y.data(), saved.data());
  kernels::layer_norm_backward(workers, norm, x.data(), dy.data(), saved.data(),
                               {r.dx.data(), r.dgamma.data(), r.dbeta.data(), true},
                               scratch.data());
  return r;
}

TEST(LayerNorm, IsRightOnOddSizes) {
  for (const std::int64_t rows : {0, 1, 3, 6}) {
    for (const std::int64_t cols : {1, 3, 16, 17, 50}) {
      for (const bool weights : {false, true}) {
        const auto x = random_numbers(rows * cols, 1, 2, 4), dy = random_numbers(rows * cols, 2);
        const auto gamma = random_numbers(weights ? cols : 0, 3);
        const auto beta = random_numbers(weights ? cols : 0, 4);
        const Results r = run(rows, cols, x, dy, gamma, beta);
        EXPECT_TRUE(near_all(normal_rows(cols, widen(x), gamma, beta), r.y, 3e-6, {.scale = 1}));
        const auto dx = gradient(
            [&](const std::vector<std::complex<double>>& v) {
              return dot(normal_rows(cols, v, gamma, beta), dy);
            },
            widen(x));
        EXPECT_TRUE(near_all(dx, r.dx, 2e-5, {.scale = 1}));
        const auto plain = normal_rows(cols, widen(x), {}, {});
        std::vector<double> dgamma(static_cast<std::size_t>(cols), 1), dbeta = dgamma;
        for (std::size_t i = 0; i < x.size(); ++i) {
          dgamma[i % dgamma.size()] += static_cast<double>(dy[i]) * plain[i];
          dbeta[i % dbeta.size()] += static_cast<double>(dy[i]);
        }
        EXPECT_TRUE(near_all(dgamma, r.dgamma, 3e-6, {.scale = 1}));
        EXPECT_TRUE(near_all(dbeta, r.dbeta, 1e-6, {.scale = 1}));
      }
    }
  }
}

TEST(LayerNorm, IsRightOnLongRowsFarFromZero) {
  const auto x = random_numbers(2 * 20000, 1, 99, 101);
  const Results r = run(2, 20000, x, x, {}, {});
  EXPECT_TRUE(near_all(normal_rows(20000, widen(x), {}, {}), r.y, 3e-5, {.scale = 1}));
}

TEST(LayerNorm, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto x = random_numbers(700 * 33, 1), dy = random_numbers(700 * 33, 2);
  const auto gamma = random_numbers(33, 3), beta = random_numbers(33, 4);
  const Results one = run(700, 33, x, dy, gamma, beta);
  for (const int threads : {2, 3, 7}) {
    const Results r = run(700, 33, x, dy, gamma, beta, threads);
    EXPECT_TRUE(same_bits(one.y, r.y));
    EXPECT_TRUE(same_bits(one.dx, r.dx));
    EXPECT_TRUE(same_bits(one.dgamma, r.dgamma));
    EXPECT_TRUE(same_bits(one.dbeta, r.dbeta));
  }
}

}  // namespace
}  // namespace minnow::test
