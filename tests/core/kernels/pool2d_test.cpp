#include "core/kernels/pool2d.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>

#include "core/kernels/global_pool.h"
#include "core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/complex_step.h"
#include "tests/support/numbers.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

using kernels::Pool2DSize;
using Complexes = std::vector<std::complex<double>>;

// Plain, overlapping, with gaps, padded, rectangular, the whole image.
std::vector<Pool2DSize> sizes() {
  return {{6, 8, 3, 2, 2, 3, 4, 2, 2},        {7, 7, 5, 3, 3, 3, 3, 2, 2},
          {7, 8, 1, 3, 2, 5, 7, 1, 1},        {7, 7, 4, 2, 2, 3, 3, 3, 3},
          {5, 5, 2, 3, 3, 5, 5, 1, 1, 1, 1},  {5, 6, 9, 2, 3, 3, 2, 2, 3, 0, 1},
          {4, 4, 3, 4, 4, 1, 1, 4, 4},        {1, 1, 7, 1, 1, 1, 1, 1, 1},
          {2, 2, 17, 3, 3, 2, 2, 1, 1, 1, 1}, {9, 6, 49, 2, 2, 4, 3, 2, 2},
          {16, 16, 2, 16, 16, 1, 1, 1, 1},    {1, 257, 17, 1, 257, 1, 1, 1, 1}};
}

std::int64_t in_count(const Pool2DSize& s, std::int64_t batch) {
  return batch * s.height * s.width * s.channels;
}
std::int64_t out_count(const Pool2DSize& s, std::int64_t batch) {
  return batch * s.out_h * s.out_w * s.channels;
}

struct MaxPooled {
  std::vector<float> y, dx, positive_dx;
  std::vector<std::uint8_t> winners;  // their bytes
};
MaxPooled max_pool(const Pool2DSize& s, std::int64_t batch, const std::vector<float>& x,
                   const std::vector<float>& dy, int threads = 1) {
  const auto dx = all_nan(in_count(s, batch));
  MaxPooled p{all_nan(out_count(s, batch)), dx, dx, {}};
  p.winners.assign(p.y.size() * static_cast<std::size_t>(kernels::winner_bytes(s)), 255);
  kernels::max_pool_forward(Workers(threads), s, batch, x.data(), p.y.data(), p.winners.data());
  const auto backward = [&](const float* y, std::vector<float>& to) {
    kernels::max_pool_backward(Workers(threads), s, batch, dy.data(), p.winners.data(), y,
                               to.data());
  };
  backward(nullptr, p.dx);
  backward(p.y.data(), p.positive_dx);
  return p;
}

TEST(MaxPool, IsRightForwardAndBackward) {
  for (const Pool2DSize& s : sizes()) {
    for (const std::int64_t batch : {0, 1, 2}) {
      const auto x = random_numbers(in_count(s, batch), 1),
                 dy = random_numbers(out_count(s, batch), 2);
      const MaxPooled p = max_pool(s, batch, x, dy);
      EXPECT_TRUE(same_bits(widen<float>(oracle::max_pool(s, batch, widen(x))), p.y));
      const auto dx = gradient(
          [&](const Complexes& z) { return dot(oracle::max_pool(s, batch, z), dy); }, widen(x));
      EXPECT_TRUE(near_all(dx, p.dx, 1e-6));
      // Where the largest number is not positive, its window gives nothing.
      std::vector<float> some = dy;
      for (std::size_t i = 0; i < some.size(); ++i) some[i] = p.y[i] > 0 ? dy[i] : 0.0F;
      EXPECT_EQ(max_pool(s, batch, x, some).dx, p.positive_dx);
      auto alone = all_nan(out_count(s, batch));
      kernels::max_pool_forward(Workers(1), s, batch, x.data(), alone.data(), nullptr);
      EXPECT_TRUE(same_bits(p.y, alone));
    }
  }
}

TEST(MaxPool, TakesTheFirstAmongEqualsAndNeverThePadding) {
  const Pool2DSize s{3, 3, 1, 2, 2, 3, 3, 1, 1, 1, 1};
  const std::vector<float> x(9, -5.0F), dy(9, 1.0F);
  const MaxPooled p = max_pool(s, 1, x, dy);
  EXPECT_EQ(p.y, std::vector<float>(9, -5.0F));
  EXPECT_EQ(p.winners, std::vector<std::uint8_t>(9, 0));
  EXPECT_EQ(p.dx, (std::vector<float>{4, 2, 0, 2, 1, 0, 0, 0, 0}));
}

TEST(MaxPool, ShowsNanWhereverItStands) {
  const Pool2DSize s{2, 2, 1, 2, 2, 1, 1, 2, 2};
  for (std::size_t i = 0; i < 4; ++i) {
    std::vector<float> x = {1, inf, -inf, 2};
    x[i] = nan;
    const MaxPooled p = max_pool(s, 1, x, {1});
    EXPECT_TRUE(std::isnan(p.y[0])) << i;
    EXPECT_EQ(p.winners[0], i);
  }
  EXPECT_EQ(max_pool(s, 1, {-inf, -inf, -inf, -inf}, {1}).y[0], -inf);
}

TEST(AveragePool, IsRightForwardAndBackward) {
  for (const Pool2DSize& s : sizes()) {
    for (const std::int64_t batch : {0, 1, 2}) {
      const auto x = random_numbers(in_count(s, batch), 3),
                 dy = random_numbers(out_count(s, batch), 4);
      auto y = all_nan(out_count(s, batch)), dx = all_nan(in_count(s, batch));
      kernels::average_pool_forward(Workers(1), s, batch, x.data(), y.data());
      kernels::average_pool_backward(Workers(1), s, batch, dy.data(), dx.data());
      EXPECT_TRUE(near_all(oracle::average_pool(s, batch, widen(x)), y, 1e-6));
      const auto expected = gradient(
          [&](const Complexes& z) { return dot(oracle::average_pool(s, batch, z), dy); }, widen(x));
      EXPECT_TRUE(near_all(expected, dx, 1e-6));
    }
  }
}

TEST(Pool, GivesTheSameBitsForAnyNumberOfThreads) {
  const Pool2DSize s{26, 26, 16, 3, 3, 12, 12, 2, 2};
  const auto x = random_numbers(in_count(s, 7), 5), dy = random_numbers(out_count(s, 7), 6);
  const auto average = [&](int threads) {
    auto y = all_nan(out_count(s, 7)), dx = all_nan(in_count(s, 7));
    kernels::average_pool_forward(Workers(threads), s, 7, x.data(), y.data());
    kernels::average_pool_backward(Workers(threads), s, 7, dy.data(), dx.data());
    y.insert(y.end(), dx.begin(), dx.end());
    return y;
  };
  const MaxPooled alone = max_pool(s, 7, x, dy, 1);
  for (const int threads : {2, 3, 4, 7}) {
    const MaxPooled p = max_pool(s, 7, x, dy, threads);
    EXPECT_TRUE(same_bits(alone.y, p.y));
    EXPECT_TRUE(alone.winners == p.winners);
    EXPECT_TRUE(same_bits(alone.dx, p.dx));
    EXPECT_TRUE(same_bits(average(1), average(threads)));
  }
}

TEST(GlobalPool, IsRightForAnyNumberOfChannels) {
  for (const std::int64_t channels : {1, 7, 8, 9, 16, 24, 31, 32, 33, 40, 56, 64, 77}) {
    const Pool2DSize s{5, 29, channels, 5, 29, 1, 1, 1, 1};
    const auto x = random_numbers(in_count(s, 3), 7);
    auto mean = all_nan(3 * channels), largest = all_nan(3 * channels);
    kernels::global_average_forward(Workers(1), 3, 5 * 29, channels, x.data(), mean.data());
    kernels::global_max_forward(Workers(1), 3, 5 * 29, channels, x.data(), largest.data());
    EXPECT_TRUE(near_all(oracle::average_pool(s, 3, widen(x)), mean, 1e-6)) << channels;
    EXPECT_TRUE(near_all(oracle::max_pool(s, 3, widen(x)), largest, 0)) << channels;
  }
}

}  // namespace
}  // namespace minnow::test
