#include "core/ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "core/error.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

constexpr auto lowest32 = std::numeric_limits<std::int32_t>::min();
constexpr auto highest32 = std::numeric_limits<std::int32_t>::max();
constexpr auto lowest64 = std::numeric_limits<std::int64_t>::min();
constexpr auto highest64 = std::numeric_limits<std::int64_t>::max();

Tensor integers(const NestedList& values) { return tensor(values, DType::int64); }

TEST(OpsTest, ComputesElementByElement) {
  const Tensor a = tensor({1, 2, 3}), b = tensor({4, 0.5, -3});
  EXPECT_TRUE(same_bits(a + b, tensor({5, 2.5, 0})));
  EXPECT_TRUE(same_bits(a - b, tensor({-3, 1.5, 6})));
  EXPECT_TRUE(same_bits(a * b, tensor({4, 1, -9})));
  EXPECT_TRUE(same_bits(a / b, tensor({0.25, 4, -1})));
  EXPECT_TRUE(same_bits(-b, tensor({-4, -0.5, 3})));
  EXPECT_TRUE(same_bits(-tensor({0.0}), tensor({-0.0})));
}

TEST(OpsTest, TakesPlainNumbersOnEitherSide) {
  const Tensor x = tensor({{1, 2}, {4, 8}});
  EXPECT_TRUE(same_bits(x + 1, tensor({{2, 3}, {5, 9}})));
  EXPECT_TRUE(same_bits(x - 1, tensor({{0, 1}, {3, 7}})));
  EXPECT_TRUE(same_bits(x * 2, tensor({{2, 4}, {8, 16}})));
  EXPECT_TRUE(same_bits(x / 2, tensor({{0.5, 1}, {2, 4}})));
  EXPECT_TRUE(same_bits(1 + x, tensor({{2, 3}, {5, 9}})));
  EXPECT_TRUE(same_bits(1 - x, tensor({{0, -1}, {-3, -7}})));
  EXPECT_TRUE(same_bits(2 * x, tensor({{2, 4}, {8, 16}})));
  EXPECT_TRUE(same_bits(8 / x, tensor({{8, 4}, {2, 1}})));
  EXPECT_TRUE(same_bits(integers({1, 2}) * 3, integers({3, 6})));
  EXPECT_EQ((Tensor({0, 2}) + 1).shape(), Shape({0, 2}));
  EXPECT_EQ((tensor(1) + 1).shape(), Shape());
}

TEST(OpsTest, LeavesItsArgumentsAlone) {
  const Tensor a = tensor({1, 2});
  const Tensor b = a;
  static_cast<void>(a + b);
  EXPECT_TRUE(same_bits(a, tensor({1, 2})));
}

TEST(OpsTest, BroadcastsAsNumpy) {
  const Tensor m = tensor({{1, 2, 3}, {4, 5, 6}});
  EXPECT_TRUE(same_bits(m + tensor({10, 20, 30}), tensor({{11, 22, 33}, {14, 25, 36}})));
  EXPECT_TRUE(same_bits(m + tensor({{10}, {20}}), tensor({{11, 12, 13}, {24, 25, 26}})));
  EXPECT_TRUE(same_bits(tensor({{10}, {20}}) - m, tensor({{9, 8, 7}, {16, 15, 14}})));
  EXPECT_TRUE(same_bits(tensor({{1}, {2}}) * tensor({3, 4}), tensor({{3, 4}, {6, 8}})));
  EXPECT_TRUE(same_bits(m * tensor(2), tensor({{2, 4, 6}, {8, 10, 12}})));
  EXPECT_EQ((Tensor({5, 1, 3, 1}) + Tensor({4, 1, 2})).shape(), Shape({5, 4, 3, 2}));
  EXPECT_EQ((Tensor({1, 1}) + Tensor({1})).shape(), Shape({1, 1}));
  EXPECT_EQ((Tensor() + Tensor()).shape(), Shape({0}));
  EXPECT_EQ((Tensor({0}) + Tensor({1})).shape(), Shape({0}));
  EXPECT_EQ((Tensor({3, 1}) + Tensor({1, 0})).shape(), Shape({3, 0}));
}

TEST(OpsTest, NamesShapesThatDoNotBroadcast) {
  expect_error<InvalidArgument>(
      [] {
        Tensor({2, 3}) + Tensor({2});
      },
      "[operator+] shapes: expected shapes that broadcast, got (2, 3) "
      "and (2,). Axis -1 has 3 and 2 elements: the sizes must be equal, "
      "or one of them 1.");
  expect_error<InvalidArgument>(
      [] {
        Tensor({4, 2, 1}) / Tensor({3, 3});
      },
      "[operator/] shapes: expected shapes that broadcast, got "
      "(4, 2, 1) and (3, 3). Axis -2 has 2 and 3 elements: the sizes "
      "must be equal, or one of them 1.");
  EXPECT_THROW(Tensor({0}) - Tensor({2}), InvalidArgument);
}

TEST(OpsTest, NamesTypesThatDoNotMix) {
  expect_error<InvalidArgument>([] { Tensor({2}) * zeros({2}, DType::int64); },
                                "[operator*] b: expected dtype float32 as on the left, got int64. "
                                "Convert with astype(float32).");
  expect_error<InvalidArgument>([] { zeros({2}, DType::uint8) - 1; },
                                "[operator-] dtype: expected float32, float64, int32 or int64, "
                                "got uint8. Convert with astype(float32) or astype(int64).");
  expect_error<InvalidArgument>([] { Tensor({2}) + zeros({2}, DType::boolean); },
                                "[operator+] dtype: expected float32, float64, int32 or int64, "
                                "got bool. Convert with astype(float32) or astype(int64).");
  EXPECT_THROW(-zeros({2}, DType::boolean), InvalidArgument);
  expect_error<InvalidArgument>([] { arange(3) * 0.5; },
                                "[operator*] number: expected one that int64 holds, got 0.5. "
                                "Convert with astype(float32).");
  EXPECT_THROW(arange(3, DType::int32) + 2147483648.0, InvalidArgument);
}

TEST(OpsTest, IntegersWrapAround) {
  const Tensor high = tensor({highest32}, DType::int32), low = tensor({lowest32}, DType::int32);
  EXPECT_EQ((high + 1).item<std::int32_t>(), lowest32);
  EXPECT_EQ((low - 1).item<std::int32_t>(), highest32);
  EXPECT_EQ((high * high).item<std::int32_t>(), 1);
  EXPECT_EQ((-low).item<std::int32_t>(), lowest32);
  EXPECT_EQ((low / -1).item<std::int32_t>(), lowest32);
  EXPECT_EQ((high / -1).item<std::int32_t>(), -highest32);
  EXPECT_EQ((integers({highest64}) + 1).item<std::int64_t>(), lowest64);
  EXPECT_EQ((integers({lowest64}) / -1).item<std::int64_t>(), lowest64);
  EXPECT_EQ((integers({lowest64}) * integers({-1})).item<std::int64_t>(), lowest64);
}

TEST(OpsTest, IntegerDivisionRoundsTowardsZero) {
  EXPECT_TRUE(
      same_bits(integers({7, -7, 7, -7}) / integers({2, 2, -2, -2}), integers({3, -3, -3, 3})));
  expect_error<InvalidArgument>([] { arange(3) / arange(3); },
                                "[operator/] b: expected no zero among int64 divisors, got 0 at "
                                "position 0. Convert with astype(float32) for infinities.");
  EXPECT_THROW(arange(3, DType::int32) / 0, InvalidArgument);
  EXPECT_EQ((arange(0) / integers({0})).numel(), 0);
}

TEST(OpsTest, FloatsFollowTheStandard) {
  const Tensor q = tensor({1, -1, 0}) / 0.0;
  EXPECT_EQ(q.at<float>({0}), std::numeric_limits<float>::infinity());
  EXPECT_EQ(q.at<float>({1}), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(q.at<float>({2})));
  EXPECT_EQ((tensor({3e38}) * 10).item<float>(), std::numeric_limits<float>::infinity());
}

TEST(OpsTest, StandardisesTheRowsOfTheThirdExample) {
  const Tensor x = tensor({{100, 300}, {500, 900}});
  const ReduceOptions by_row{.axis = 1, .keepdims = true};
  EXPECT_TRUE(same_bits((x - mean(x, by_row)) / stddev(x, by_row), tensor({{-1, 1}, {-1, 1}})));
}

}  // namespace
}  // namespace minnow
