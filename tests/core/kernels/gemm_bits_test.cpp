#include <gtest/gtest.h>

#include <string>

#include "core/kernels/cpu_target.h"
#include "core/kernels/gemm.h"
#include "core/parallel.h"
#include "tests/core/kernels/gemm_case.h"
#include "tests/support/compare.h"
#include "tests/support/numbers.h"

namespace minnow::test {
namespace {

using kernels::GemmSize;

// Thin layers predict the same whatever else is in the batch; those of 2048 inputs and more are cut
// into pieces where there are few results.
TEST(Gemm, GivesARowOfAThinProductTheSameBitsInAnyBatch) {
  constexpr std::int64_t rows = 53, first = 5;
  for (const std::int64_t n : {1, 2, 3, 4, 5, 6, 8, 10, 13, 15}) {
    for (const std::int64_t k : {33, 48, 64, 100, 125, 128, 192, 200, 256, 300, 320, 500, 1999}) {
      const auto a = random_numbers(rows * k, 1), b = random_numbers(n * k, 2);
      const auto product = [&](std::int64_t from, std::int64_t m) {
        auto c = all_nan(m * n);
        kernels::gemm(Workers(1), {m, n, k}, {a.data() + from * k, k}, {b.data(), k, true},
                      c.data(), n, /*accumulate=*/false);
        return c;
      };
      const auto whole = product(0, rows);
      for (const std::int64_t m : {1, 2, 9, 17}) {
        const auto begin = whole.begin() + first * n;
        EXPECT_TRUE(same_bits(std::vector<float>(begin, begin + m * n), product(first, m)))
            << m << " x " << n << " x " << k;
      }
    }
  }
}

TEST(Gemm, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const GemmSize size :
       {GemmSize{61, 130, 300}, GemmSize{32, 10, 5000}, GemmSize{3000, 10, 32},
        GemmSize{32, 3001, 10}, GemmSize{1, 500, 400}, GemmSize{1, 700, 500}, GemmSize{8, 300, 700},
        GemmSize{49, 48, 900},  // of which the last of 7 threads has one row
        GemmSize{400, 1, 500}, GemmSize{500, 300, 500}, GemmSize{270, 290, 1024},
        GemmSize{1024, 130, 600}, GemmSize{16, 70, 400}, GemmSize{12, 10, 300},
        GemmSize{300, 10, 64}, GemmSize{300, 20, 900}, GemmSize{700, 3, 2100}}) {
    for (const int way : {0, 1, 2, 3}) {
      for (const bool accumulate : {false, true}) {
        const GemmCase c{.size = size,
                         .a_transposed = way % 2 == 1,
                         .b_transposed = way / 2 == 1,
                         .accumulate = accumulate};
        const auto alone = run(c, 1).actual;
        for (const int threads : {2, 3, 4, 7}) {
          EXPECT_TRUE(same_bits(alone, run(c, threads).actual)) << threads << " threads";
        }
      }
    }
  }
}

TEST(Gemm, GivesTheSameBitsOnAvx2AndAvx512) {
  const std::string before(kernels::cpu_target());
  for (const GemmSize size : {GemmSize{61, 130, 300}, GemmSize{32, 10, 500}, GemmSize{13, 70, 400},
                              GemmSize{9, 33, 300}, GemmSize{32, 300, 10}, GemmSize{1, 500, 400},
                              GemmSize{8, 40, 190}, GemmSize{300, 1, 170}, GemmSize{270, 290, 520},
                              GemmSize{300, 6, 40}, GemmSize{90, 20, 50}, GemmSize{300, 8, 900}}) {
    for (const int way : {0, 1, 2, 3}) {
      const GemmCase c{.size = size, .a_transposed = way % 2 == 1, .b_transposed = way / 2 == 1};
      if (!kernels::use_cpu_target("AVX3")) GTEST_SKIP() << "needs AVX-512";
      const auto wide = run(c).actual;
      ASSERT_TRUE(kernels::use_cpu_target("AVX2"));
      EXPECT_TRUE(same_bits(wide, run(c).actual))
          << size.m << " x " << size.n << " x " << size.k << ", " << way;
    }
  }
  kernels::use_cpu_target(before);
}

}  // namespace
}  // namespace minnow::test
