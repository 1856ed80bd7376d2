// The measures are measured first: a comparison that cannot fail proves nothing.
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

#include "tests/support/compare.h"
#include "tests/support/complex_step.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

using Numbers = std::vector<double>;
TEST(NearAll, TellsWhatDiffersWhereAndByHowMuch) {
  const Numbers expected = {1, 2, 4, 0.5, 0, -8};
  EXPECT_TRUE(near_all(expected, expected, 0));
  const auto result =
      near_all(expected, std::vector<float>{1, 2, 4.5F, 1, 0, -8}, 0.05, {.shape = {2, 3}});
  EXPECT_FALSE(result);
  EXPECT_STREQ(result.message(),
               "2 of 6 numbers differ by more than 0.05 x 8\n"
               "  largest absolute difference 0.5 at [0, 2]: expected 4, got 4.5\n"
               "  largest relative difference 1 at [1, 0]: expected 0.5, got 1\n"
               "  expected -8 to 4\n"
               "  got      -8 to 4.5");
}

TEST(NearAll, CountsNanAsInfinitelyFar) {
  EXPECT_FALSE(near_all(Numbers{1, 2}, Numbers{1, nan}, 1e9));
  EXPECT_FALSE(near_all(Numbers{1, nan}, Numbers{1, 2}, 1e9));
  EXPECT_FALSE(near_all(Numbers{inf}, Numbers{-inf}, 1e9));
  EXPECT_FALSE(near_all(Numbers{inf}, Numbers{1}, 1e9));
  EXPECT_TRUE(near_all(Numbers{nan, inf, -inf}, Numbers{nan, inf, -inf}, 0));
  EXPECT_STREQ(near_all(Numbers{1, 2}, Numbers{1, nan}, 1).message(),
               "1 of 2 numbers differ by more than 1 x 2\n"
               "  largest absolute difference inf at [1]: expected 2, got nan\n"
               "  largest relative difference inf at [1]: expected 2, got nan\n"
               "  expected 1 to 2\n"
               "  got      1 to 1 and 1 NaN or infinite");
}

TEST(NearAll, FailsOnAnotherSize) {
  EXPECT_STREQ(near_all(Numbers{1}, Numbers{1, 2}, 1).message(), "expected 1 numbers, got 2");
  EXPECT_FALSE(near_each(Numbers{1}, Numbers{1, 2}, 1));
}

TEST(NearEach, HoldsSmallNumbersToTheirOwnSize) {
  EXPECT_TRUE(near_each(Numbers{1, 1e-9, 0}, Numbers{1, 1.001e-9, 0}, 0.01));
  EXPECT_FALSE(near_each(Numbers{1, 1e-9}, Numbers{1, 1.1e-9}, 0.01));
  EXPECT_FALSE(near_each(Numbers{0}, Numbers{1e-30}, 0.01));
  EXPECT_FALSE(near_each(Numbers{1}, Numbers{nan}, 0.01));
}

TEST(SameBits, TellsNegativeZeroApart) {
  EXPECT_TRUE(same_bits(Numbers{0, nan}, Numbers{0, nan}));
  EXPECT_FALSE(same_bits(Numbers{0}, Numbers{-0.0}));
}

TEST(ComplexStep, GivesKnownDerivativesToTheLastDigit) {
  using Complex = std::complex<double>;
  const auto slope = [](auto f, double x) {
    return gradient([f](const std::vector<Complex>& z) { return f(z[0]); }, {x})[0];
  };
  EXPECT_DOUBLE_EQ(slope([](Complex z) { return z * z * z; }, 1.5), 6.75);
  EXPECT_DOUBLE_EQ(slope([](Complex z) { return std::exp(z); }, 0.7), std::exp(0.7));
  EXPECT_DOUBLE_EQ(slope([](Complex z) { return oracle::erf(z); }, 0.3),
                   2 / std::sqrt(std::numbers::pi) * std::exp(-0.09));
  EXPECT_DOUBLE_EQ(slope([](Complex z) { return oracle::softplus(z); }, -0.3),
                   oracle::sigmoid(-0.3));
  EXPECT_EQ(slope([](Complex z) { return oracle::positive_part(z); }, -1), 0);
  EXPECT_EQ(slope([](Complex z) { return oracle::positive_part(z); }, 1), 1);
  const auto both =
      gradient([](const std::vector<Complex>& z) { return z[0] * z[0] * z[1]; }, Numbers{3, 5});
  EXPECT_EQ(both, (Numbers{30, 9}));
}

TEST(Oracle, ProductAndConvolutionOfAFewNumbers) {
  EXPECT_EQ(oracle::product<double>(2, 1, 2, {1, 2, 3, 4}, {5, 6}), (Numbers{17, 39}));
  const kernels::Conv2DSize size{.height = 2,
                                 .width = 3,
                                 .channels = 1,
                                 .kernel_h = 1,
                                 .kernel_w = 2,
                                 .filters = 2,
                                 .out_h = 2,
                                 .out_w = 2};
  EXPECT_EQ(oracle::convolve(size, 1, Numbers{1, 2, 3, 4, 5, 6}, Numbers{1, 10, 2, 20}),
            (Numbers{5, 50, 8, 80, 14, 140, 17, 170}));
}

}  // namespace
}  // namespace minnow::test
