#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/tensor.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

TEST(TensorLiteralTest, IsFloat32OfTheListsShape) {
  EXPECT_TRUE(
      same_bits(tensor({{1, 2}, {3, 4}}), Tensor::from(std::vector<float>{1, 2, 3, 4}, {2, 2})));
  EXPECT_EQ(tensor(3).shape(), Shape());
  EXPECT_EQ(tensor({3}).shape(), Shape({1}));
  EXPECT_EQ(tensor({{3}}).shape(), Shape({1, 1}));
  EXPECT_EQ(tensor({{{1}, {2}}}).shape(), Shape({1, 2, 1}));
  EXPECT_EQ(tensor({{1, 2.5, true}}).shape(), Shape({1, 3}));
  EXPECT_EQ(tensor({}).shape(), Shape({0}));
  EXPECT_EQ(tensor({{}, {}}).shape(), Shape({2, 0}));
}

TEST(TensorLiteralTest, KeepsIntegersExact) {
  constexpr std::int64_t large = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ(tensor({large}, DType::int64).item<std::int64_t>(), large);
  EXPECT_EQ(tensor(std::numeric_limits<std::int64_t>::min(), DType::int64).item<std::int64_t>(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(tensor(3.0, DType::int32).item<std::int32_t>(), 3);
  EXPECT_EQ(tensor(0.5, DType::boolean).item<bool>(), true);
}

TEST(TensorLiteralTest, RefusesRaggedLists) {
  expect_error<InvalidArgument>(
      [] {
        tensor({{1, 2}, {3}});
      },
      "[tensor] values: expected a list of 2 on axis 1, as the first "
      "there, got a list of 1.");
  expect_error<InvalidArgument>(
      [] {
        tensor({1, {2}});
      },
      "[tensor] values: expected a number on axis 1, as the first "
      "there, got a list of 1.");
  expect_error<InvalidArgument>(
      [] {
        tensor({{1}, 2});
      },
      "[tensor] values: expected a list of 1 on axis 1, as the first "
      "there, got a number.");
  EXPECT_THROW(tensor({{}, {1}}), InvalidArgument);
  EXPECT_THROW(tensor({{{1}, {2}}, {{1}, {2, 3}}}), InvalidArgument);
}

TEST(TensorLiteralTest, RefusesNumbersTheDTypeCannotHold) {
  expect_error<InvalidArgument>([] { tensor({300}, DType::uint8); },
                                "[tensor] value: expected whole numbers from 0 to 255, as uint8 "
                                "holds, got 300.");
  expect_error<InvalidArgument>([] { tensor({1.5}, DType::int32); },
                                "[tensor] value: expected whole numbers from -2147483648 to "
                                "2147483647, as int32 holds, got 1.5.");
  EXPECT_THROW(tensor(std::numeric_limits<std::uint64_t>::max(), DType::int64), InvalidArgument);
  EXPECT_THROW(tensor(std::numeric_limits<double>::quiet_NaN(), DType::int64), InvalidArgument);
}

TEST(FullTest, RepeatsOneValue) {
  EXPECT_TRUE(same_bits(full({2, 2}, 0.5), tensor({{0.5, 0.5}, {0.5, 0.5}})));
  EXPECT_TRUE(same_bits(ones({2}, DType::uint8), tensor({1, 1}, DType::uint8)));
  EXPECT_TRUE(same_bits(zeros({2}, DType::boolean), tensor({0, 0}, DType::boolean)));
  EXPECT_EQ(full({0, 3}, 7).numel(), 0);
  expect_error<InvalidArgument>([] { full({2}, -1, DType::uint8); },
                                "[full] value: expected whole numbers from 0 to 255, as uint8 "
                                "holds, got -1.");
}

TEST(ArangeTest, CountsFromZero) {
  EXPECT_TRUE(same_bits(arange(3), tensor({0, 1, 2}, DType::int64)));
  EXPECT_TRUE(same_bits(arange(3, DType::float32), tensor({0, 1, 2})));
  EXPECT_EQ(arange(0).shape(), Shape({0}));
  EXPECT_EQ(arange(256, DType::uint8).at<std::uint8_t>({255}), 255);
  expect_error<InvalidArgument>([] { arange(-1); },
                                "[arange] n: expected a number of at least 0, got -1.");
  expect_error<InvalidArgument>([] { arange(257, DType::uint8); },
                                "[arange] n: expected the last to be at most 255 for uint8, got "
                                "257 - 1.");
}

}  // namespace
}  // namespace minnow
