#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/kernels/elementwise.h"
#include "core/parallel.h"
#include "core/rng.h"
#include "tests/support/compare.h"
#include "tests/support/numbers.h"

namespace minnow::test {
namespace {

using kernels::NoiseKey;

std::vector<float> dropped(std::int64_t n, float rate, const NoiseKey& noise, int threads = 1) {
  std::vector<float> x(static_cast<std::size_t>(n), 3.0F), y(x.size(), -1.0F);
  kernels::dropout(Workers(threads), n, rate, noise, x.data(), y.data());
  kernels::dropout(Workers(threads), n, rate, noise, x.data(), x.data());
  EXPECT_TRUE(same_bits(y, x));
  return y;
}

TEST(Dropout, KeepsItsShareAndScalesWhatStays) {
  constexpr std::int64_t n = 100003;
  for (const float rate : {0.1F, 0.5F, 0.9F}) {
    const auto y = dropped(n, rate, {{1, 2}, 3});
    const auto kept = static_cast<double>(n - std::count(y.begin(), y.end(), 0.0F));
    const double deviation = std::sqrt(n * static_cast<double>(rate * (1 - rate)));
    EXPECT_NEAR(kept, n * static_cast<double>(1 - rate), 4 * deviation);
    for (const float v : y) ASSERT_TRUE(v == 0 || std::fabs(v - 3 / (1 - rate)) < 1e-5F) << v;
  }
}

TEST(Dropout, OfRateZeroChangesNothing) {
  EXPECT_EQ(dropped(7, 0, {{1, 2}, 3}), std::vector<float>(7, 3.0F));
  EXPECT_TRUE(dropped(0, 0.5F, {}).empty());
}

TEST(Dropout, DrawsByPlaceStepAndKeyOnly) {
  const NoiseKey noise{{7, 8}, (std::uint64_t{5} << 32) + 6};
  const auto y = dropped(1001, 0.5F, noise);
  EXPECT_TRUE(same_bits(y, dropped(1001, 0.5F, noise)));
  const auto shorter = dropped(30, 0.5F, noise);
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), y.begin()));
  EXPECT_NE(y, dropped(1001, 0.5F, {{7, 9}, noise.step}));
  EXPECT_NE(y, dropped(1001, 0.5F, {{6, 8}, noise.step}));
  EXPECT_NE(y, dropped(1001, 0.5F, {{7, 8}, noise.step + 1}));
  EXPECT_NE(y, dropped(1001, 0.5F, {{7, 8}, 6}));

  for (std::uint32_t i = 0; i < 1001; ++i) {  // word i % 4 of block i / 4 of this step
    const std::uint32_t word = philox4x32({i / 4, 0, 6, 5}, {7, 8})[i % 4];
    ASSERT_EQ(y[i] != 0, (word >> 8) * 0x1p-24 >= 0.5) << i;
  }
}

TEST(Dropout, GivesTheSameForAnyNumberOfThreads) {
  const auto alone = dropped(50001, 0.3F, {{1, 1}, 1});
  for (const int threads : {2, 3, 4, 7}) {
    EXPECT_TRUE(same_bits(alone, dropped(50001, 0.3F, {{1, 1}, 1}, threads)));
  }
}

}  // namespace
}  // namespace minnow::test
