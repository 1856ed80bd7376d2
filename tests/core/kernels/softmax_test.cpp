#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "core/kernels/elementwise.h"
#include "core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/complex_step.h"
#include "tests/support/numbers.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

std::vector<float> softmax_of(std::int64_t outer, std::int64_t n, std::int64_t inner,
                              const std::vector<float>& x, int threads = 1) {
  std::vector<float> y(x.size(), nan), in_place = x;
  kernels::softmax(Workers(threads), outer, n, inner, x.data(), y.data());
  kernels::softmax(Workers(threads), outer, n, inner, in_place.data(), in_place.data());
  EXPECT_TRUE(same_bits(y, in_place));
  return y;
}

std::vector<float> softmax_backward_of(std::int64_t outer, std::int64_t n, std::int64_t inner,
                                       const std::vector<float>& y, std::vector<float> dy,
                                       int threads = 1) {
  std::vector<float> dx(y.size(), nan);
  kernels::softmax_backward(Workers(threads), outer, n, inner, y.data(), dy.data(), dx.data());
  kernels::softmax_backward(Workers(threads), outer, n, inner, y.data(), dy.data(), dy.data());
  EXPECT_TRUE(same_bits(dx, dy));
  return dx;
}

TEST(Softmax, IsRightAlongAnyAxis) {
  for (const std::int64_t outer : {0, 1, 3}) {
    for (const std::int64_t n : {1, 2, 7}) {
      for (const std::int64_t inner : {1, 5, 64, 70}) {
        const auto x = random_numbers(outer * n * inner, 1, -9, 9);
        const auto dy = random_numbers(outer * n * inner, 2);
        const auto y = softmax_of(outer, n, inner, x);
        EXPECT_TRUE(near_each(oracle::softmax(outer, n, inner, widen(x)), y, 3e-6));
        if (outer * n * inner > 500) continue;
        const auto dx = gradient(
            [&](const std::vector<std::complex<double>>& v) {
              return dot(oracle::softmax(outer, n, inner, v), dy);
            },
            widen(x));
        EXPECT_TRUE(near_all(dx, softmax_backward_of(outer, n, inner, y, dy), 5e-7, {.scale = 1}));
      }
    }
  }
}

TEST(Softmax, IsRightOnLongRows) {
  const auto x = random_numbers(3 * 5000, 1, -9, 9);
  EXPECT_TRUE(near_each(oracle::softmax(3, 5000, 1, widen(x)), softmax_of(3, 5000, 1, x), 3e-6));
}

TEST(Softmax, StandsLargeNumbersAndShowsWhatIsNotFinite) {
  EXPECT_EQ(softmax_of(1, 2, 1, {1e30F, -1e30F}), (std::vector<float>{1, 0}));
  EXPECT_EQ(softmax_of(1, 3, 1, {88, 88, -inf}), (std::vector<float>{0.5F, 0.5F, 0}));
  for (const float v : softmax_of(1, 2, 1, {-inf, -inf})) EXPECT_TRUE(std::isnan(v));
  for (const float v : softmax_of(1, 3, 1, {nan, 1, 2})) EXPECT_TRUE(std::isnan(v));
  EXPECT_TRUE(std::isnan(softmax_of(1, 2, 1, {inf, 1})[0]));
}

TEST(Softmax, GivesTheSameBitsForAnyNumberOfThreads) {
  const auto x = random_numbers(20 * 10 * 150, 3), dy = random_numbers(20 * 10 * 150, 4);
  const auto y = softmax_of(20, 10, 150, x), dx = softmax_backward_of(20, 10, 150, y, dy);
  for (const int threads : {2, 3, 4, 7}) {
    EXPECT_TRUE(same_bits(y, softmax_of(20, 10, 150, x, threads)));
    EXPECT_TRUE(same_bits(dx, softmax_backward_of(20, 10, 150, y, dy, threads)));
  }
}

}  // namespace
}  // namespace minnow::test
