#include "core/kernels/gemm.h"

#include <gtest/gtest.h>

#include "core/parallel.h"
#include "tests/support/compare.h"
#include "tests/support/numbers.h"

namespace minnow::test {
namespace {

TEST(SumRows, IsRightForOddSizes) {
  for (const std::int64_t rows : {0, 1, 3, 63, 64, 65, 200, 1500}) {
    for (const std::int64_t cols : {0, 1, 10, 32, 63, 64, 65, 130}) {
      const auto x = random_numbers(rows * cols, 5), old = random_numbers(cols, 6);
      std::vector<double> sum(static_cast<std::size_t>(cols));
      for (std::size_t i = 0; i < x.size(); ++i) sum[i % sum.size()] += x[i];
      auto out = all_nan(cols);
      kernels::sum_rows(Workers(1), rows, cols, x.data(), out.data(), false);
      EXPECT_TRUE(near_all(sum, out, 1e-6, {.scale = 50})) << rows << " x " << cols;
      out = old;
      for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += old[j];
      kernels::sum_rows(Workers(1), rows, cols, x.data(), out.data(), true);
      EXPECT_TRUE(near_all(sum, out, 1e-6, {.scale = 50})) << rows << " x " << cols;
    }
  }
}

TEST(SumRows, StaysExactOverManyRows) {
  const std::vector<float> x(1 << 20, 0.1F);
  float out = 0;
  kernels::sum_rows(Workers(2), 1 << 20, 1, x.data(), &out, false);
  EXPECT_NEAR(out, (1 << 20) * static_cast<double>(0.1F), 0.3);  // one after another: off by 500
}

TEST(SumRows, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const std::int64_t cols : {10, 32, 200}) {
    const auto x = random_numbers(20001 * cols, 7);
    std::vector<float> alone(static_cast<std::size_t>(cols)), out = alone;
    kernels::sum_rows(Workers(1), 20001, cols, x.data(), alone.data(), false);
    for (const int threads : {2, 3, 4, 7}) {
      kernels::sum_rows(Workers(threads), 20001, cols, x.data(), out.data(), false);
      EXPECT_TRUE(same_bits(alone, out)) << threads << " threads";
    }
  }
}

}  // namespace
}  // namespace minnow::test
