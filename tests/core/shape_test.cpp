#include "core/shape.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "core/error.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

constexpr std::int64_t big = std::int64_t{1} << 40;

TEST(ShapeTest, CountsItsElements) {
  EXPECT_EQ(Shape({10, 28, 28, 1}).numel(), 7840);
  EXPECT_EQ(Shape().numel(), 1);
  EXPECT_EQ(Shape({0}).numel(), 0);
  EXPECT_EQ(Shape({3, 0, 5}).numel(), 0);
  EXPECT_EQ(Shape({1, 1, 1, 1, 1, 1, 1, 7}).numel(), 7);
}

TEST(ShapeTest, GivesItsAxes) {
  const Shape s{2, 3, 5};
  EXPECT_EQ(s.rank(), 3);
  EXPECT_EQ(s[0], 2);
  EXPECT_EQ(s[2], 5);
  EXPECT_EQ(s.back(), 5);
  EXPECT_EQ(std::vector<std::int64_t>(s.begin(), s.end()), (std::vector<std::int64_t>{2, 3, 5}));
  EXPECT_EQ(s.dims().size(), 3U);
  EXPECT_EQ(Shape().rank(), 0);
}

TEST(ShapeTest, PrintsAsPythonPrintsATuple) {
  EXPECT_EQ(Shape({10, 784}).str(), "(10, 784)");
  EXPECT_EQ(Shape({3}).str(), "(3,)");
  EXPECT_EQ(Shape().str(), "()");
  EXPECT_EQ(Shape({28, 28, 1}).batch_str(), "(N, 28, 28, 1)");
  EXPECT_EQ(Shape().batch_str(), "(N,)");
  EXPECT_EQ(Shape({10}).batch_str("None"), "(None, 10)");
}

TEST(ShapeTest, ComparesRankAndSizes) {
  EXPECT_EQ(Shape({2, 3}), Shape({2, 3}));
  EXPECT_NE(Shape({2, 3}), Shape({3, 2}));
  EXPECT_NE(Shape({2, 0}), Shape({0, 2}));
  EXPECT_NE(Shape({2}), Shape({2, 1}));
  EXPECT_NE(Shape({0}), Shape());
}

TEST(ShapeTest, GainsAndLosesABatchAxis) {
  EXPECT_EQ(Shape({28, 28}).with_batch(10), Shape({10, 28, 28}));
  EXPECT_EQ(Shape().with_batch(0), Shape({0}));
  EXPECT_EQ(Shape({10, 28, 28}).without_batch(), Shape({28, 28}));
  EXPECT_EQ(Shape({10}).without_batch(), Shape());
}

TEST(ShapeTest, AZeroAxisExcusesAnOverflow) {
  EXPECT_EQ(Shape({big, big, 0}).numel(), 0);
  expect_error<InvalidArgument>(
      [] {
        Shape({0, big, big}).without_batch();
      },
      "[Shape] expected a number of elements that fits in 63 bits, got (1099511627776, "
      "1099511627776).");
}

TEST(ShapeTest, RefusesWhatIsNoShape) {
  expect_error<InvalidArgument>(
      [] {
        Shape({2, -1});
      },
      "[Shape] expected sizes of at least 0, got (2, -1).");
  expect_error<InvalidArgument>(
      [] {
        Shape({1, 2, 3, 4, 5, 6, 7, 8, 9});
      },
      "[Shape] expected at most 8 axes, got (1, 2, 3, 4, 5, 6, 7, 8, "
      "9).");
  expect_error<InvalidArgument>(
      [] {
        Shape({1, 1, 1, 1, 1, 1, 1, 1}).with_batch(2);
      },
      "[Shape] expected at most 8 axes, got (2, 1, 1, 1, 1, 1, 1, 1, "
      "1).");
  expect_error<InvalidArgument>([] { Shape().without_batch(); },
                                "[Shape::without_batch] expected at least one axis, got ().");
  expect_error<InvalidArgument>(
      [] {
        Shape({std::numeric_limits<std::int64_t>::max(), 2});
      },
      "[Shape] expected a number of elements that fits in 63 bits, got (9223372036854775807, 2).");
}

TEST(ShapeTest, TellsAnOverflow) {
  std::int64_t product = 0;
  EXPECT_FALSE(multiply_overflows(big, 1 << 22, &product));
  EXPECT_EQ(product, std::int64_t{1} << 62);
  EXPECT_TRUE(multiply_overflows(big, 1 << 23, &product));
  EXPECT_TRUE(multiply_overflows(std::numeric_limits<std::int64_t>::min(), -1, &product));
}

}  // namespace
}  // namespace minnow
