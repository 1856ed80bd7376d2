#include "core/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "tests/core/special_values.h"

namespace minnow {
namespace {

using test::infinity;
using test::nan;

template <class T>
constexpr T lowest = std::numeric_limits<T>::min();
template <class T>
constexpr T highest = std::numeric_limits<T>::max();

TEST(ConvertTest, FloatsRoundTowardsZero) {
  EXPECT_EQ((convert<std::int32_t>(2.9)), 2);
  EXPECT_EQ((convert<std::int32_t>(-2.9)), -2);
  EXPECT_EQ((convert<std::uint8_t>(-0.9F)), 0);
  EXPECT_EQ((convert<std::int64_t>(-0.0)), 0);
}

TEST(ConvertTest, FloatsSaturateAtTheEdges) {
  EXPECT_EQ((convert<std::int32_t>(2147483647.9)), highest<std::int32_t>);
  EXPECT_EQ((convert<std::int32_t>(2147483648.0)), highest<std::int32_t>);
  EXPECT_EQ((convert<std::int32_t>(2147483648.0F)), highest<std::int32_t>);
  EXPECT_EQ((convert<std::int32_t>(-2147483648.9)), lowest<std::int32_t>);
  EXPECT_EQ((convert<std::int32_t>(-2147483649.0)), lowest<std::int32_t>);
  EXPECT_EQ((convert<std::int64_t>(0x1p63)), highest<std::int64_t>);
  EXPECT_EQ((convert<std::int64_t>(0x1.fffffffffffffp62)), 9223372036854774784);
  EXPECT_EQ((convert<std::int64_t>(-0x1p63)), lowest<std::int64_t>);
  EXPECT_EQ((convert<std::int64_t>(-1e30)), lowest<std::int64_t>);
  EXPECT_EQ((convert<std::uint8_t>(255.9F)), 255);
  EXPECT_EQ((convert<std::uint8_t>(256.0F)), 255);
  EXPECT_EQ((convert<std::uint8_t>(-1.0F)), 0);
  EXPECT_EQ((convert<std::int32_t>(infinity)), highest<std::int32_t>);
  EXPECT_EQ((convert<std::int64_t>(-infinity)), lowest<std::int64_t>);
}

TEST(ConvertTest, NotANumberGivesZero) {
  EXPECT_EQ((convert<std::int32_t>(nan)), 0);
  EXPECT_EQ((convert<std::int64_t>(nan)), 0);
  EXPECT_EQ((convert<std::uint8_t>(static_cast<float>(nan))), 0);
}

TEST(ConvertTest, ToBoolAsksForZero) {
  EXPECT_TRUE((convert<bool>(0.5)));
  EXPECT_TRUE((convert<bool>(nan)));
  EXPECT_TRUE((convert<bool>(std::int64_t{256})));
  EXPECT_FALSE((convert<bool>(-0.0F)));
  EXPECT_EQ((convert<float>(true)), 1.0F);
}

TEST(ConvertTest, IntegersWrapAround) {
  EXPECT_EQ((convert<std::uint8_t>(std::int64_t{-1})), 255);
  EXPECT_EQ((convert<std::int32_t>(std::int64_t{1} << 32)), 0);
}

TEST(ConvertTest, HoldsTellsWhatWouldBeLost) {
  EXPECT_TRUE(holds<std::int32_t>(-2147483648.0));
  EXPECT_FALSE(holds<std::int32_t>(2147483648.0));
  EXPECT_FALSE(holds<std::int32_t>(0.5));
  EXPECT_FALSE(holds<std::int64_t>(nan));
  EXPECT_TRUE(holds<std::int64_t>(-0x1p63));
  EXPECT_FALSE(holds<std::int64_t>(0x1p63));
  EXPECT_FALSE(holds<std::uint8_t>(-1));
  EXPECT_TRUE(holds<float>(nan));
  EXPECT_TRUE(holds<bool>(0.5));
}

}  // namespace
}  // namespace minnow
