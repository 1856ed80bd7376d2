#include "data/split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/data/files.h"

namespace minnow {
namespace {

using testing::thrown_by;

TEST(SplitRows, RowsStayTogetherAndAllAreThere) {
  const Tensor y = arange(11);
  const Tensor x = y.astype(DType::float32).reshape({11, 1});
  const Split split = split_rows(x, y, {.test_fraction = 0.3, .seed = 7});
  EXPECT_EQ(split.x_train.shape(), (Shape{7, 1}));
  EXPECT_EQ(split.x_test.shape(), (Shape{4, 1}));
  EXPECT_TRUE(same_bits(split.x_train.astype(DType::int64).reshape({7}), split.y_train));
  EXPECT_TRUE(same_bits(split.x_test.astype(DType::int64).reshape({4}), split.y_test));
  std::vector<std::int64_t> all;
  for (const Tensor* part : {&split.y_train, &split.y_test}) {
    const auto values = part->values<std::int64_t>();
    all.insert(all.end(), values.begin(), values.end());
  }
  EXPECT_FALSE(std::is_sorted(all.begin(), all.end()));
  std::sort(all.begin(), all.end());
  EXPECT_TRUE(same_bits(Tensor::from(all, {11}), y));
}

TEST(SplitRows, TheSeedDecides) {
  const Tensor y = arange(100);
  const auto test_rows = [&](std::uint64_t seed) {
    return split_rows(y, y, {.seed = seed}).y_test;
  };
  EXPECT_TRUE(same_bits(test_rows(1), test_rows(1)));
  EXPECT_FALSE(same_bits(test_rows(1), test_rows(2)));
}

TEST(SplitRows, WithoutShuffleTheLastRowsTest) {
  const Tensor y = arange(5);
  const Split split = split_rows(y, y, {.test_fraction = 0.4, .shuffle = false});
  EXPECT_TRUE(same_bits(split.y_train, arange(3)));
  EXPECT_TRUE(same_bits(split.x_test, tensor({3, 4}, DType::int64)));
  EXPECT_EQ(split.x_train.bytes(), y.bytes());
}

TEST(SplitRows, WholeFractionsAreNotRoundedUpByBinary) {
  const Tensor y = arange(100);
  EXPECT_EQ(split_rows(y, y, {.test_fraction = 0.07}).y_test.rows(), 7);
  EXPECT_EQ(split_rows(y, y, {.test_fraction = 0.1}).y_test.rows(), 10);
  EXPECT_EQ(split_rows(y, y, {.test_fraction = 0.101}).y_test.rows(), 11);
}

TEST(SplitRows, Errors) {
  const Tensor y = arange(4);
  EXPECT_EQ(thrown_by([&] { split_rows(y, arange(5)); }),
            "InvalidArgument: [split_rows] y: expected 4 rows, as x has, got 5.");
  EXPECT_EQ(thrown_by([&] { split_rows(full({}, 1), y); }),
            "InvalidArgument: [split_rows] x: expected at least one axis, got a scalar.");
  for (const double fraction : {0.0, 1.0, -0.5, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(thrown_by([&] { split_rows(y, y, {.test_fraction = fraction}); })
                    .starts_with("InvalidArgument: [split_rows] test_fraction: expected a number "
                                 "above 0 and below 1, got "));
  }
  EXPECT_EQ(thrown_by([&] { split_rows(arange(1), arange(1)); }),
            "InvalidArgument: [split_rows] x: expected enough rows for both parts, got 1 rows, 0 "
            "for training and 1 for the test.");
  EXPECT_EQ(thrown_by([&] { split_rows(arange(0), arange(0)); }),
            "InvalidArgument: [split_rows] x: expected enough rows for both parts, got 0 rows, 0 "
            "for training and 0 for the test.");
}

}  // namespace
}  // namespace minnow
