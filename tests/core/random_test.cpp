#include "core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/error.h"
#include "tests/core/special_values.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

using test::infinity;

TEST(UniformTest, StaysInItsRange) {
  Rng rng(1);
  const Tensor x = uniform({100, 7}, rng, -2, 3);
  EXPECT_EQ(x.shape(), Shape({100, 7}));
  EXPECT_EQ(x.dtype(), DType::float32);
  const auto [low, high] = std::ranges::minmax(x.values<float>());
  EXPECT_GE(low, -2.0F);
  EXPECT_LT(low, -1.9F);
  EXPECT_LT(high, 3.0F);
  EXPECT_GT(high, 2.9F);
}

TEST(UniformTest, IsTheStreamItself) {
  Rng a(4), b(4);
  const Tensor x = uniform({5}, a);
  for (const float v : x.values<float>()) EXPECT_EQ(v, b.uniform());
}

TEST(UniformTest, RoundingNeverReachesTheUpperEnd) {
  Rng rng(2);
  const float next = std::nextafter(1.0F, 2.0F);
  const Tensor narrow = uniform({64}, rng, 1, next);
  for (const float v : narrow.values<float>()) EXPECT_EQ(v, 1.0F);
  const float most = std::numeric_limits<float>::max();
  const Tensor wide = uniform({64}, rng, -most, most);
  for (const float v : wide.values<float>()) EXPECT_LT(std::fabs(v), infinity);
}

TEST(UniformTest, RefusesAnEmptyOrInfiniteRange) {
  Rng rng(1);
  expect_error<InvalidArgument>([&] { uniform({2}, rng, 1, 1); },
                                "[uniform] low, high: expected finite numbers with low < high, "
                                "got 1 and 1.");
  EXPECT_THROW(uniform({2}, rng, 0, infinity), InvalidArgument);
  EXPECT_THROW(uniform({2}, rng, std::nanf(""), 1), InvalidArgument);
  EXPECT_EQ(uniform({0, 4}, rng).shape(), Shape({0, 4}));
}

TEST(NormalTest, ScalesAndShifts) {
  Rng a(4), b(4);
  const Tensor x = normal({5}, a, 10, 2);
  for (const float v : x.values<float>()) EXPECT_EQ(v, static_cast<float>(10 + 2 * b.normal()));
  const Tensor constant = normal({3}, a, 7, 0);
  for (const float v : constant.values<float>()) EXPECT_EQ(v, 7.0F);
  expect_error<InvalidArgument>([&] { normal({2}, a, 0, -1); },
                                "[normal] mean, stddev: expected finite numbers with stddev >= 0, "
                                "got 0 and -1.");
  EXPECT_THROW(normal({2}, a, infinity), InvalidArgument);
  EXPECT_THROW(normal({2}, a, 0, std::nanf("")), InvalidArgument);
}

TEST(RandintTest, ReachesEveryValueOfItsRange) {
  Rng rng(1);
  const Tensor x = randint(-2, 3, {200}, rng);
  EXPECT_EQ(x.dtype(), DType::int64);
  std::vector<int> counts(5);
  for (const std::int64_t v : x.values<std::int64_t>()) {
    ASSERT_GE(v, -2);
    ASSERT_LT(v, 3);
    ++counts[static_cast<std::size_t>(v + 2)];
  }
  EXPECT_GT(*std::ranges::min_element(counts), 0);
}

TEST(RandintTest, TakesTheWidestRange) {
  Rng rng(1);
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  const Tensor x = randint(low, high, {100}, rng);
  EXPECT_GT(std::ranges::count_if(x.values<std::int64_t>(), [](auto v) { return v < 0; }), 20);
  EXPECT_EQ(randint(high - 1, high, {1}, rng).item<std::int64_t>(), high - 1);
  expect_error<InvalidArgument>([&] { randint(3, 3, {2}, rng); },
                                "[randint] low, high: expected low < high, got 3 and 3.");
}

TEST(PermutationTest, IsPinned) {
  Rng rng(1);
  EXPECT_TRUE(
      same_bits(permutation(10, rng), tensor({2, 0, 3, 1, 5, 6, 7, 4, 9, 8}, DType::int64)));
}

TEST(PermutationTest, HoldsEachNumberOnce) {
  Rng rng(3);
  for (const std::int64_t n : {0, 1, 2, 3, 97, 1000}) {
    Tensor p = permutation(n, rng);
    std::ranges::sort(p.mutable_values<std::int64_t>());
    EXPECT_TRUE(same_bits(p, arange(n))) << n;
  }
  expect_error<InvalidArgument>([&] { permutation(-1, rng); },
                                "[permutation] n: expected a number of at least 0, got -1.");
}

TEST(PermutationTest, EveryOrderIsAsLikely) {
  Rng rng(8);
  std::vector<int> counts(27);
  for (int i = 0; i < 6000; ++i) {
    const Tensor p = permutation(3, rng);
    const auto v = p.values<std::int64_t>();
    ++counts[static_cast<std::size_t>(v[0] * 9 + v[1] * 3 + v[2])];
  }
  for (const int count : counts) EXPECT_TRUE(count == 0 || std::abs(count - 1000) < 150) << count;
  EXPECT_EQ(std::ranges::count(counts, 0), 21);
}

}  // namespace
}  // namespace minnow
