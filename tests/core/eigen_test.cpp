#include "core/eigen.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "core/error.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

TEST(EigenTest, ViewsAMatrixInPlace) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  const auto view = matrix_view<float>(x);
  EXPECT_EQ(view.rows(), 2);
  EXPECT_EQ(view.cols(), 3);
  EXPECT_EQ(view(1, 0), 4.0F);
  EXPECT_EQ(static_cast<const void*>(view.data()), static_cast<const void*>(x.bytes()));
  const EigenMatrix<float> product = view * view.transpose();
  EXPECT_EQ(product(0, 1), 32.0F);
}

TEST(EigenTest, AVectorIsAColumn) {
  const Tensor x = arange(3);
  const auto view = matrix_view<std::int64_t>(x);
  EXPECT_EQ(view.rows(), 3);
  EXPECT_EQ(view.cols(), 1);
  EXPECT_EQ(view(2, 0), 2);
}

TEST(EigenTest, RowsOfAnyRank) {
  const Tensor images = arange(24, DType::float64).reshape({2, 3, 4, 1});
  const auto view = rows_view<double>(images);
  EXPECT_EQ(view.rows(), 2);
  EXPECT_EQ(view.cols(), 12);
  EXPECT_EQ(view(1, 0), 12.0);
  const Tensor none({0, 3, 2});
  EXPECT_EQ(rows_view<float>(none).rows(), 0);
  EXPECT_EQ(rows_view<float>(none).cols(), 6);
}

TEST(EigenTest, WritingTakesACopyOfSharedStorage) {
  Tensor x = zeros({2, 2, 2});
  const Tensor before = x;
  mutable_rows_view<float>(x)(1, 3) = 7;
  EXPECT_EQ(x.at<float>({1, 1, 1}), 7.0F);
  EXPECT_TRUE(same_bits(before, zeros({2, 2, 2})));
  Tensor m = zeros({2, 2});
  mutable_matrix_view<float>(m).setIdentity();
  EXPECT_TRUE(same_bits(m, tensor({{1, 0}, {0, 1}})));
}

TEST(EigenTest, RefusesAnotherRankOrType) {
  const Tensor cube({2, 3, 4});
  expect_error<InvalidArgument>([&] { matrix_view<float>(cube); },
                                "[matrix_view] shape: expected one or two axes, got (2, 3, 4). "
                                "See rows_view for any rank.");
  const Tensor scalar = tensor(1);
  expect_error<InvalidArgument>([&] { rows_view<float>(scalar); },
                                "[rows_view] shape: expected at least one axis, got ().");
  expect_error<InvalidArgument>([&] { rows_view<double>(cube); },
                                "[Tensor::values] dtype: expected float64, got float32. Convert "
                                "with astype(float64).");
  Tensor writable({2, 3, 4});
  EXPECT_THROW(mutable_matrix_view<float>(writable), InvalidArgument);
  EXPECT_THROW(mutable_rows_view<bool>(writable), InvalidArgument);
}

}  // namespace
}  // namespace minnow
