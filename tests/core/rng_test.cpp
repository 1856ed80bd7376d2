#include "core/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace minnow {
namespace {

using Words = std::array<std::uint32_t, 4>;

// Known answers published with the authors' own implementation, Random123.
TEST(PhiloxTest, GivesThePublishedAnswers) {
  constexpr std::uint32_t f = 0xffffffff;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({f, f, f, f}, {f, f}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

std::vector<std::uint32_t> first_words(Rng rng, int n) {
  std::vector<std::uint32_t> words;
  for (int i = 0; i < n; ++i) words.push_back(rng.next_u32());
  return words;
}

TEST(RngTest, StreamsArePinned) {
  EXPECT_EQ(first_words(Rng(0), 4),
            (std::vector<std::uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(first_words(Rng(1), 6),
            (std::vector<std::uint32_t>{0xe3e80670, 0xe50a0ebc, 0x95f222c0, 0xb615aa27, 0xac08141b,
                                        0xdfc5ccbe}));
  EXPECT_EQ(first_words(Rng(0x123456789abcdef0, 0xfedcba9876543210), 6),
            (std::vector<std::uint32_t>{0x90aafdc4, 0x2d4a0d93, 0x13f86edc, 0x98b4ef2a, 0x1d237aa0,
                                        0x6cadf41d}));
  EXPECT_EQ(first_words(Rng(3, "dense/kernel"), 2),
            (std::vector<std::uint32_t>{0x7d00634c, 0x413d4730}));
}

TEST(RngTest, TwoWordsMakeALongOneLowFirst) {
  Rng rng(1);
  EXPECT_EQ(rng.next_u64(), 0xe50a0ebce3e80670);
  EXPECT_EQ(rng.next_u32(), 0x95f222c0U);
  EXPECT_EQ(rng.next_u64(), 0xac08141bb615aa27);  // across two blocks
}

TEST(RngTest, NamesAreHashedByFnv1a) {
  EXPECT_EQ(hash_name(""), 0xcbf29ce484222325);
  EXPECT_EQ(hash_name("a"), 0xaf63dc4c8601ec8c);
  EXPECT_EQ(hash_name("foobar"), 0x85944171f73967e8);
}

TEST(RngTest, UniformHas24BitsAndStaysBelowOne) {
  Rng rng(1);
  EXPECT_EQ(rng.uniform(), static_cast<float>(0xe3e806) / 16777216.0F);
  double sum = 0, squares = 0;
  constexpr int n = 100000;
  for (int i = 0; i < n; ++i) {
    const float u = rng.uniform();
    ASSERT_GE(u, 0.0F);
    ASSERT_LT(u, 1.0F);
    sum += u;
    squares += double{u} * u;
  }
  EXPECT_NEAR(sum / n, 0.5, 0.005);
  EXPECT_NEAR(squares / n, 1.0 / 3, 0.005);
}

TEST(RngTest, BelowIsPinned) {
  Rng rng(1);
  for (const std::uint64_t expected : {8U, 8U, 5U, 7U, 6U, 8U, 4U, 6U, 2U, 5U, 7U, 9U}) {
    EXPECT_EQ(rng.below(10), expected);
  }
  EXPECT_EQ(rng.below((std::uint64_t{1} << 63) + 1), 674114310275059617U);
}

TEST(RngTest, BelowStaysBelowAndReachesAll) {
  Rng rng(7);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i) {
    const std::uint64_t v = rng.below(7);
    ASSERT_LT(v, 7U);
    ++counts[v];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(rng.below(1), 0U);
  EXPECT_LT(rng.below(std::numeric_limits<std::uint64_t>::max()),
            std::numeric_limits<std::uint64_t>::max());
}

TEST(RngTest, BelowIsNotBiasedForLargeBounds) {
  // With 3 * 2^62 and no rejection, the multiples of 3 would come twice as often as the others.
  Rng rng(5);
  int multiples = 0;
  constexpr int n = 30000;
  for (int i = 0; i < n; ++i) multiples += rng.below(std::uint64_t{3} << 62) % 3 == 0;
  EXPECT_NEAR(multiples, n / 3, 400);
}

// A hexadecimal literal holds every bit: on any platform these are the numbers.
TEST(RngTest, NormalIsPinned) {
  Rng rng(42, 7);
  EXPECT_EQ(rng.normal(), 0x1.420fdd4ad2614p+0);
  EXPECT_EQ(rng.normal(), -0x1.b7c3bc096468ep-2);
  EXPECT_EQ(rng.normal(), -0x1.45a7298f28dbfp-2);
  EXPECT_EQ(rng.normal(), -0x1.e06401d90854p-1);
}

// The normal distribution of a draw, by erfc, must lead back to the uniform number it came from.
TEST(RngTest, NormalInvertsTheDistribution) {
  Rng draws(11), bits(11);
  double sum = 0, squares = 0, fourth = 0;
  constexpr int n = 200000;
  double least = 1, worst = 0;
  for (int i = 0; i < n; ++i) {
    const double z = draws.normal();
    const double p = (static_cast<double>(bits.next_u64() >> 12) + 0.5) * 0x1p-52;
    const double tail = std::erfc(std::fabs(z) / std::sqrt(2.0)) / 2;
    const double expected = p < 0.5 ? p : 1 - p;
    worst = std::max(worst, std::fabs(tail - expected) / expected);
    least = std::min(least, expected);
    ASSERT_EQ(z < 0, p < 0.5);
    sum += z;
    squares += z * z;
    fourth += z * z * z * z;
  }
  EXPECT_LT(worst, 1e-14);
  EXPECT_LT(least, 1e-5);  // the tails were visited
  EXPECT_NEAR(sum / n, 0, 0.01);
  EXPECT_NEAR(squares / n, 1, 0.02);
  EXPECT_NEAR(fourth / n, 3, 0.1);
}

// Against erfc, where the tails are thinner than any draw is likely to be.
TEST(NormalQuantileTest, ReachesIntoTheTails) {
  for (const double p :
       {0.4999, 0.3, 0.076, 0.074, 1e-4, 1.5e-11, 1.3e-11, 1e-12, 0x1p-53, 1e-30, 1e-100, 1e-300}) {
    const double z = normal_quantile(p);
    EXPECT_NEAR(std::erfc(-z / std::sqrt(2.0)) / 2 / p, 1, 1e-15 * (2 + z * z)) << p;
  }
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_EQ(normal_quantile(0.875), -normal_quantile(0.125));
  EXPECT_NEAR(normal_quantile(0x1p-53), -8.209536151601386, 1e-14);
  for (const double p : {0.0, 1.0, -0.5, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(std::isnan(normal_quantile(p))) << p;
  }
}

TEST(RngTest, SeedsAndStreamsDiffer) {
  EXPECT_NE(first_words(Rng(1), 4), first_words(Rng(2), 4));
  EXPECT_NE(first_words(Rng(1, 0), 4), first_words(Rng(1, 1), 4));
  EXPECT_NE(first_words(Rng(1, "a"), 4), first_words(Rng(1, "b"), 4));
  EXPECT_EQ(first_words(Rng(1, "a"), 4), first_words(Rng(1, hash_name("a")), 4));
  EXPECT_NE(first_words(Rng(std::uint64_t{1} << 32), 4), first_words(Rng(1), 4));
}

TEST(RngTest, ACopyGoesOnFromTheSamePlace) {
  Rng a(9);
  a.next_u32();
  Rng b = a;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.next_u32(), b.next_u32());
}

}  // namespace
}  // namespace minnow
