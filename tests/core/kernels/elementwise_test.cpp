#include "core/kernels/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/numbers.h"

namespace minnow::test {
namespace {

using kernels::Gather;

TEST(AddTo, AddsEveryNumber) {
  for (const std::int64_t n : {0, 1, 5, 100003}) {
    const auto x = random_numbers(n, 1), y = random_numbers(n, 2);
    std::vector<float> expected(y);
    for (std::size_t i = 0; i < y.size(); ++i) expected[i] += x[i];
    for (const int threads : {1, 2, 3, 7}) {
      auto sum = y;
      kernels::add_to(Workers(threads), n, x.data(), sum.data());
      EXPECT_TRUE(same_bits(expected, sum));
    }
  }
}

TEST(AllFinite, FindsOneBadNumberAnywhere) {
  using Limits = std::numeric_limits<float>;
  for (const std::int64_t n : {1, 5, 31, 4097, 200001}) {
    auto x = random_numbers(n, 3);
    x[0] = Limits::max();
    x.back() = Limits::denorm_min();
    const auto all_finite = [&] {
      const bool alone = kernels::all_finite(Workers(1), n, x.data());
      EXPECT_EQ(kernels::all_finite(Workers(3), n, x.data()), alone);
      return alone;
    };
    EXPECT_TRUE(all_finite());
    for (const std::int64_t place : {std::int64_t{0}, n / 2, n - 1}) {
      float& at = x[static_cast<std::size_t>(place)];
      const float was = at;
      for (const float bad : {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::signaling_NaN(),
                              Limits::infinity(), -Limits::infinity()}) {
        at = bad;
        EXPECT_FALSE(all_finite()) << bad << " at " << place << " of " << n;
      }
      at = was;
    }
    EXPECT_TRUE(all_finite());
  }
  EXPECT_TRUE(kernels::all_finite(Workers(2), 0, nullptr));
}

TEST(GatherRows, TakesRowsInOrderOrByNumber) {
  const std::vector<std::uint8_t> pixels = {0, 51, 102, 153, 204, 255};
  std::vector<float> out(4);
  kernels::gather_rows(Workers(1), {.first = 1, .count = 2, .row_size = 2, .scale = 1 / 255.0F},
                       pixels.data(), out.data());
  EXPECT_TRUE(near_all(std::vector<double>{0.4, 0.6, 0.8, 1}, out, 1e-7));
  const std::vector<std::int64_t> rows = {2, 0};
  kernels::gather_rows(Workers(1), {.rows = rows.data(), .count = 2, .row_size = 2}, pixels.data(),
                       out.data());
  EXPECT_EQ(out, (std::vector<float>{204, 255, 0, 51}));
  kernels::gather_rows(Workers(1), {.count = 0, .row_size = 2}, pixels.data(), out.data());
  EXPECT_EQ(out, (std::vector<float>{204, 255, 0, 51}));
}

template <class T>
class GatherRowsFrom : public testing::Test {};
using Elements = testing::Types<float, double, std::int32_t, std::int64_t, std::uint8_t, bool>;
TYPED_TEST_SUITE(GatherRowsFrom, Elements);

TYPED_TEST(GatherRowsFrom, EveryElementType) {
  const TypeParam data[] = {TypeParam(0), TypeParam(1), TypeParam(1)};
  std::vector<float> out(3);
  kernels::gather_rows(Workers(1), Gather{.count = 3}, data, out.data());
  EXPECT_EQ(out, (std::vector<float>{0, 1, 1}));
}

TEST(GatherRows, GivesTheSameForAnyNumberOfThreads) {
  const auto data = random_numbers(2000 * 31, 4);
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < 3000; ++i) rows.push_back(i * 769 % 2000);
  const Gather gather{.rows = rows.data(), .count = 3000, .row_size = 31, .scale = 0.3F};
  std::vector<float> alone(3000 * 31), out = alone;
  kernels::gather_rows(Workers(1), gather, data.data(), alone.data());
  EXPECT_EQ(alone[31 * 2999 + 30], 0.3F * data[static_cast<std::size_t>(rows[2999] * 31 + 30)]);
  for (const int threads : {2, 3, 4, 7}) {
    kernels::gather_rows(Workers(threads), gather, data.data(), out.data());
    EXPECT_TRUE(same_bits(alone, out));
  }
}

}  // namespace
}  // namespace minnow::test
