#include "core/dtype.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace minnow {
namespace {

constexpr DType all[] = {DType::float32, DType::float64, DType::int32,
                         DType::int64,   DType::uint8,   DType::boolean};

TEST(DTypeTest, NamesAreThoseOfNumpy) {
  EXPECT_EQ(name(DType::float32), "float32");
  EXPECT_EQ(name(DType::float64), "float64");
  EXPECT_EQ(name(DType::int32), "int32");
  EXPECT_EQ(name(DType::int64), "int64");
  EXPECT_EQ(name(DType::uint8), "uint8");
  EXPECT_EQ(name(DType::boolean), "bool");
}

TEST(DTypeTest, NamesLeadBack) {
  for (const DType d : all) EXPECT_EQ(dtype_from_name(name(d)), d);
  EXPECT_FALSE(dtype_from_name("float16"));
  EXPECT_FALSE(dtype_from_name("Float32"));
  EXPECT_FALSE(dtype_from_name(""));
}

TEST(DTypeTest, SizesAndKinds) {
  EXPECT_EQ(size_of(DType::float32), 4U);
  EXPECT_EQ(size_of(DType::float64), 8U);
  EXPECT_EQ(size_of(DType::int32), 4U);
  EXPECT_EQ(size_of(DType::int64), 8U);
  EXPECT_EQ(size_of(DType::uint8), 1U);
  EXPECT_EQ(size_of(DType::boolean), 1U);
  for (const DType d : all) {
    EXPECT_EQ(is_floating(d), d == DType::float32 || d == DType::float64) << name(d);
  }
}

TEST(DTypeTest, VisitGivesTheTypeOfTheDType) {
  for (const DType d : all) {
    const DType back = visit_dtype(d, [](auto zero) {
      EXPECT_EQ(zero, decltype(zero){});
      return dtype_of<decltype(zero)>();
    });
    EXPECT_EQ(back, d);
  }
}

}  // namespace
}  // namespace minnow
