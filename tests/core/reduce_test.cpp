#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "core/error.h"
#include "core/ops.h"
#include "tests/core/special_values.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

using test::infinity;
using test::nan;

const Tensor& matrix() {
  static const Tensor m = tensor({{1, 5, 3}, {4, 2, 9}});
  return m;
}

TEST(ReduceTest, OverAllElements) {
  EXPECT_TRUE(same_bits(sum(matrix()), tensor(24)));
  EXPECT_TRUE(same_bits(mean(matrix()), tensor(4)));
  EXPECT_TRUE(same_bits(min(matrix()), tensor(1)));
  EXPECT_TRUE(same_bits(max(matrix()), tensor(9)));
  EXPECT_TRUE(same_bits(argmax(matrix()), tensor(5, DType::int64)));
  EXPECT_TRUE(same_bits(stddev(tensor({2, 4, 4, 4, 5, 5, 7, 9})), tensor(2)));
  EXPECT_TRUE(same_bits(sum(tensor(7)), tensor(7)));
}

TEST(ReduceTest, OverOneAxis) {
  EXPECT_TRUE(same_bits(sum(matrix(), {.axis = 0}), tensor({5, 7, 12})));
  EXPECT_TRUE(same_bits(sum(matrix(), {.axis = 1}), tensor({9, 15})));
  EXPECT_TRUE(same_bits(mean(matrix(), {.axis = -1}), tensor({3, 5})));
  EXPECT_TRUE(same_bits(min(matrix(), {.axis = 0}), tensor({1, 2, 3})));
  EXPECT_TRUE(same_bits(max(matrix(), {.axis = 1}), tensor({5, 9})));
  EXPECT_TRUE(same_bits(argmax(matrix(), {.axis = -2}), tensor({1, 0, 1}, DType::int64)));
  const Tensor cube = arange(24, DType::float32).reshape({2, 3, 4});
  EXPECT_TRUE(same_bits(sum(cube, {.axis = 1}), tensor({{12, 15, 18, 21}, {48, 51, 54, 57}})));
  EXPECT_TRUE(same_bits(stddev(cube, {.axis = 0}), full({3, 4}, 6)));
}

TEST(ReduceTest, KeepsTheAxisWhenAsked) {
  EXPECT_TRUE(same_bits(mean(matrix(), {.axis = 1, .keepdims = true}), tensor({{3}, {5}})));
  EXPECT_EQ(sum(matrix(), {.keepdims = true}).shape(), Shape({1, 1}));
  EXPECT_EQ(argmax(matrix(), {.axis = 0, .keepdims = true}).shape(), Shape({1, 3}));
}

TEST(ReduceTest, ResultTypes) {
  for (const DType d : {DType::int32, DType::int64, DType::uint8, DType::boolean}) {
    const Tensor x = tensor({1, 0, 1}, d);
    EXPECT_TRUE(same_bits(sum(x), tensor(2, DType::int64))) << name(d);
    EXPECT_TRUE(same_bits(mean(x), tensor(2.0 / 3, DType::float64))) << name(d);
    EXPECT_EQ(stddev(x).dtype(), DType::float64) << name(d);
    EXPECT_TRUE(same_bits(max(x), tensor(1, d))) << name(d);
    EXPECT_TRUE(same_bits(min(x), tensor(0, d))) << name(d);
    EXPECT_TRUE(same_bits(argmax(x), tensor(0, DType::int64))) << name(d);
  }
  EXPECT_EQ(sum(tensor({1}, DType::float64)).dtype(), DType::float64);
  EXPECT_EQ(mean(tensor({1}, DType::float64)).dtype(), DType::float64);
}

TEST(ReduceTest, SumsInDouble) {
  EXPECT_TRUE(same_bits(sum(tensor({1e8, 1, -1e8})), tensor(1)));
  EXPECT_TRUE(same_bits(mean(full({3}, 3e38)), tensor(3e38)));
  // Squares less the squared mean would lose all digits here.
  EXPECT_TRUE(
      same_bits(stddev(tensor({1e8 + 1, 1e8 - 1}, DType::float64)), tensor(1, DType::float64)));
}

TEST(ReduceTest, IntegerSumsAreExactAndWrap) {
  constexpr std::int64_t odd = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ(sum(tensor({odd, std::int64_t{0}}, DType::int64)).item<std::int64_t>(), odd);
  constexpr auto highest = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(sum(tensor({highest, std::int64_t{1}}, DType::int64)).item<std::int64_t>(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(sum(tensor({-3, 1}, DType::int32)).item<std::int64_t>(), -2);
}

TEST(ReduceTest, NaNIsTheAnswer) {
  for (const Tensor& x : {tensor({nan, 1, 2}), tensor({1, nan, 2}), tensor({1, 2, nan})}) {
    EXPECT_TRUE(std::isnan(min(x).item<float>()));
    EXPECT_TRUE(std::isnan(max(x).item<float>()));
    EXPECT_TRUE(std::isnan(sum(x).item<float>()));
    EXPECT_TRUE(std::isnan(stddev(x).item<float>()));
  }
  EXPECT_EQ(argmax(tensor({1, nan, 2, nan, 9})).item<std::int64_t>(), 1);
}

TEST(ReduceTest, TheFirstOfEqualsWins) {
  EXPECT_EQ(argmax(tensor({1, 3, 3, 2})).item<std::int64_t>(), 1);
  EXPECT_EQ(argmax(tensor({-infinity, -infinity})).item<std::int64_t>(), 0);
  EXPECT_EQ(max(tensor({-infinity, -infinity})).item<float>(), -infinity);
}

TEST(ReduceTest, NothingSumsToZeroAndHasNoMean) {
  EXPECT_TRUE(same_bits(sum(Tensor()), tensor(0)));
  EXPECT_TRUE(same_bits(sum(Tensor({0, 3}), {.axis = 0}), zeros({3})));
  EXPECT_EQ(sum(Tensor({0, 3}), {.axis = 1}).shape(), Shape({0}));
  EXPECT_EQ(mean(Tensor({0, 3}), {.axis = 1}).shape(), Shape({0}));
  EXPECT_EQ(stddev(Tensor({0, 3}), {.axis = 1}).shape(), Shape({0}));
  expect_error<InvalidArgument>(
      [] { mean(Tensor()); }, "[mean] x: expected at least one element to reduce, got shape (0,).");
  expect_error<InvalidArgument>(
      [] {
        max(Tensor({3, 0}), {.axis = 1});
      },
      "[max] x: expected at least one element to reduce, got shape (3, 0).");
  EXPECT_THROW(stddev(Tensor()), InvalidArgument);
  EXPECT_THROW(min(Tensor()), InvalidArgument);
  EXPECT_THROW(argmax(Tensor()), InvalidArgument);
}

TEST(ReduceTest, HugeEmptyShapesDoNotOverflow) {
  constexpr std::int64_t big = std::int64_t{1} << 40;
  EXPECT_EQ(sum(Tensor({5, 0, 1 << 30}), {.axis = 0}).numel(), 0);
  EXPECT_EQ(sum(Tensor({0, 5, big, big}), {.axis = 1}).numel(), 0);
  EXPECT_EQ(max(Tensor({0, 5, big, std::int64_t{1} << 23}), {.axis = 1}).numel(), 0);
  EXPECT_THROW(sum(Tensor({0, big, big}), {.axis = 0}), InvalidArgument);
}

TEST(ReduceTest, RefusesAnAxisThatIsNotThere) {
  expect_error<InvalidArgument>([] { mean(matrix(), {.axis = 2}); },
                                "[mean] axis: expected -2 to 1 for shape (2, 3), got 2.");
  expect_error<InvalidArgument>([] { argmax(matrix(), {.axis = -3}); },
                                "[argmax] axis: expected -2 to 1 for shape (2, 3), got -3.");
  expect_error<InvalidArgument>([] { sum(tensor(1), {.axis = 0}); },
                                "[sum] axis: expected no axis for a scalar, got 0.");
}

}  // namespace
}  // namespace minnow
