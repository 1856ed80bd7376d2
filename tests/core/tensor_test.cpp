#include "core/tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tests/core/special_values.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

template <Element T>
std::vector<T> to_vector(const Tensor& t) {
  return {t.values<T>().begin(), t.values<T>().end()};
}

TEST(TensorTest, StartsEmptyOrZero) {
  const Tensor empty;
  EXPECT_EQ(empty.shape(), Shape({0}));
  EXPECT_EQ(empty.dtype(), DType::float32);
  EXPECT_TRUE(empty.values<float>().empty());
  const Tensor z({2, 3}, DType::int32);
  EXPECT_EQ(to_vector<std::int32_t>(z), std::vector<std::int32_t>(6, 0));
  EXPECT_EQ(z.nbytes(), 24);
  EXPECT_EQ(z.rows(), 2);
  EXPECT_EQ(z.rank(), 2);
}

TEST(TensorTest, TakesACopyOfValues) {
  std::vector<float> v{1, 2, 3, 4, 5, 6};
  const Tensor t = Tensor::from(v, {3, 2});
  v[0] = 9;
  EXPECT_EQ(to_vector<float>(t), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  expect_error<InvalidArgument>(
      [&] {
        Tensor::from(v, {4, 2});
      },
      "[Tensor::from] values: expected 8 elements for shape (4, 2), "
      "got 6.");
  expect_error<InvalidArgument>([&] { Tensor::from(v, Shape()); },
                                "[Tensor::from] values: expected 1 element for shape (), got 6.");
}

TEST(TensorTest, CopiesShareUntilOneIsWrittenTo) {
  Tensor a = arange(4);
  Tensor b = a;
  EXPECT_EQ(a.bytes(), b.bytes());
  b.mutable_values<std::int64_t>()[0] = 7;
  EXPECT_NE(a.bytes(), b.bytes());
  EXPECT_EQ(a.at<std::int64_t>({0}), 0);
  EXPECT_EQ(b.at<std::int64_t>({0}), 7);
  const std::byte* before = b.bytes();
  b.mutable_values<std::int64_t>()[1] = 8;  // now its own: no other copy
  EXPECT_EQ(b.bytes(), before);
}

TEST(TensorTest, AssigningGivesUpTheShare) {
  Tensor a = arange(4);
  const std::byte* storage = a.bytes();
  {
    const Tensor b = a;
    static_cast<void>(b);
  }
  a.mutable_values<std::int64_t>()[0] = 1;
  EXPECT_EQ(a.bytes(), storage);
}

TEST(TensorTest, MovedFromIsEmptyAndUsable) {
  Tensor a = arange(4);
  const Tensor b = std::move(a);
  EXPECT_EQ(b.numel(), 4);
  EXPECT_EQ(a.shape(), Shape({0}));  // NOLINT(bugprone-use-after-move): that is the question
  EXPECT_EQ(a.dtype(), DType::float32);
  EXPECT_TRUE(a.mutable_values<float>().empty());
  EXPECT_EQ(a.str(), "[]  shape (0,), dtype float32");
  a = b;
  EXPECT_TRUE(same_bits(a, b));
  Tensor& self = a;
  a = std::move(self);
  EXPECT_TRUE(same_bits(a, b));
}

TEST(TensorTest, ReadsOnlyAsItsDType) {
  Tensor t = arange(3);
  expect_error<InvalidArgument>([&] { t.values<float>(); },
                                "[Tensor::values] dtype: expected float32, got int64. Convert "
                                "with astype(float32).");
  expect_error<InvalidArgument>([&] { t.mutable_values<bool>(); },
                                "[Tensor::mutable_values] dtype: expected bool, got int64. "
                                "Convert with astype(bool).");
  expect_error<InvalidArgument>([&] { t.at<double>({0}); },
                                "[Tensor::at] dtype: expected float64, got int64. Convert with "
                                "astype(float64).");
  expect_error<InvalidArgument>([&] { t.item<std::int32_t>(); },
                                "[Tensor::item] dtype: expected int32, got int64. Convert with "
                                "astype(int32).");
}

TEST(TensorTest, GivesOneElementByItsIndex) {
  const Tensor t = arange(24).reshape({2, 3, 4});
  EXPECT_EQ(t.at<std::int64_t>({0, 0, 0}), 0);
  EXPECT_EQ(t.at<std::int64_t>({1, 2, 3}), 23);
  EXPECT_EQ(t.at<std::int64_t>({-1, -3, -4}), 12);
  EXPECT_EQ(tensor(5).at<float>({}), 5.0F);
  expect_error<InvalidArgument>(
      [&] {
        t.at<std::int64_t>({1, 2});
      },
      "[Tensor::at] index: expected 3 positions for shape (2, 3, 4), "
      "got 2.");
  expect_error<InvalidArgument>(
      [&] {
        t.at<std::int64_t>({0, 3, 0});
      },
      "[Tensor::at] index: expected -3 to 2 on axis 1 of shape "
      "(2, 3, 4), got 3.");
  expect_error<InvalidArgument>(
      [&] {
        t.at<std::int64_t>({0, 0, -5});
      },
      "[Tensor::at] index: expected -4 to 3 on axis 2 of shape "
      "(2, 3, 4), got -5.");
  expect_error<InvalidArgument>(
      [&] {
        Tensor({2, 0}).at<float>({1, 0});
      },
      "[Tensor::at] index: expected an axis with elements, got shape "
      "(2, 0).");
}

TEST(TensorTest, GivesItsOnlyElement) {
  EXPECT_EQ(tensor({{7}}).item<float>(), 7.0F);
  EXPECT_EQ(tensor(true, DType::boolean).item<bool>(), true);
  expect_error<InvalidArgument>(
      [] {
        Tensor({2, 3}).item<float>();
      },
      "[Tensor::item] shape: expected 1 element, got 6 in shape "
      "(2, 3).");
  EXPECT_THROW(Tensor().item<float>(), InvalidArgument);
}

TEST(TensorTest, ReshapesWithoutCopying) {
  const Tensor t = arange(12);
  const Tensor m = t.reshape({3, 4});
  EXPECT_EQ(m.shape(), Shape({3, 4}));
  EXPECT_EQ(m.bytes(), t.bytes());
  EXPECT_EQ(t.reshape({2, -1}).shape(), Shape({2, 6}));
  EXPECT_EQ(t.reshape({-1}).shape(), Shape({12}));
  EXPECT_EQ(t.reshape({-1, 2, 3}).shape(), Shape({2, 2, 3}));
  EXPECT_EQ(t.reshape(Shape({6, 2})).shape(), Shape({6, 2}));
  EXPECT_EQ(tensor(3).reshape({1, 1}).shape(), Shape({1, 1}));
  EXPECT_EQ(tensor({3}).reshape(Shape()).shape(), Shape());
  EXPECT_EQ(Tensor({0, 3}).reshape({-1, 3}).shape(), Shape({0, 3}));
}

TEST(TensorTest, RefusesToReshapeToAnotherCount) {
  expect_error<InvalidArgument>(
      [] {
        Tensor({10, 784}).reshape({10, 28, 29, 1});
      },
      "[Tensor::reshape] shape: expected 7840 elements as in (10, 784), "
      "got 8120 in (10, 28, 29, 1).");
  expect_error<InvalidArgument>(
      [] {
        Tensor({2, 5}).reshape({3, -1});
      },
      "[Tensor::reshape] shape: expected 10 elements as in (2, 5), got "
      "a multiple of 3 in (3, -1).");
  expect_error<InvalidArgument>(
      [] {
        Tensor({0, 3}).reshape({-1, 0});
      },
      "[Tensor::reshape] shape: expected 0 elements as in (0, 3), got a "
      "multiple of 0 in (-1, 0).");
  expect_error<InvalidArgument>(
      [] {
        Tensor({4}).reshape({-1, -1});
      },
      "[Tensor::reshape] shape: expected at most one size of -1, got "
      "(-1, -1).");
  expect_error<InvalidArgument>(
      [] {
        Tensor({4}).reshape({-2, -1});
      },
      "[Shape] expected sizes of at least 0, got (-2, 1).");
  EXPECT_THROW(Tensor({4}).reshape({std::int64_t{1} << 40, std::int64_t{1} << 40, -1}),
               InvalidArgument);
}

TEST(TensorTest, SlicesRowsWithoutCopying) {
  const Tensor t = arange(12).reshape({4, 3});
  Tensor s = t.slice_rows(1, 3);
  EXPECT_EQ(s.shape(), Shape({2, 3}));
  EXPECT_EQ(s.bytes(), t.bytes() + 3 * sizeof(std::int64_t));
  EXPECT_EQ(to_vector<std::int64_t>(s), (std::vector<std::int64_t>{3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(to_vector<std::int64_t>(s.slice_rows(1, 2)), (std::vector<std::int64_t>{6, 7, 8}));
  s.mutable_values<std::int64_t>()[0] = 99;
  EXPECT_EQ(t.at<std::int64_t>({1, 0}), 3);
  EXPECT_EQ(to_vector<std::int64_t>(s), (std::vector<std::int64_t>{99, 4, 5, 6, 7, 8}));
}

TEST(TensorTest, SlicesOfNoRowsAreEmpty) {
  Tensor none = arange(12).reshape({4, 3}).slice_rows(4, 4);
  EXPECT_EQ(none.shape(), Shape({0, 3}));
  EXPECT_TRUE(none.mutable_values<std::int64_t>().empty());
  EXPECT_EQ(Tensor({0, 3}).slice_rows(0, 0).shape(), Shape({0, 3}));
}

TEST(TensorTest, RefusesRowsThatAreNotThere) {
  const Tensor t({4, 3});
  const auto text = [](const char* got) {
    return std::string("[Tensor::slice_rows] rows: expected 0 <= begin <= end <= 4, got ") + got;
  };
  expect_error<InvalidArgument>([&] { t.slice_rows(3, 5); }, text("begin 3 and end 5."));
  expect_error<InvalidArgument>([&] { t.slice_rows(3, 2); }, text("begin 3 and end 2."));
  expect_error<InvalidArgument>([&] { t.slice_rows(-1, 2); }, text("begin -1 and end 2."));
  expect_error<InvalidArgument>([] { tensor(1).slice_rows(0, 0); },
                                "[Tensor::rows] shape: expected at least one axis, got a scalar.");
}

TEST(TensorTest, TakesRowsInAnyOrder) {
  const Tensor t = arange(8).reshape({4, 2});
  const std::vector<std::int64_t> order{3, 0, 3};
  EXPECT_EQ(to_vector<std::int64_t>(t.take_rows(order)),
            (std::vector<std::int64_t>{6, 7, 0, 1, 6, 7}));
  EXPECT_EQ(t.take_rows({}).shape(), Shape({0, 2}));
  EXPECT_EQ(Tensor({3, 0}).take_rows(std::vector<std::int64_t>{2, 2}).shape(), Shape({2, 0}));
  expect_error<InvalidArgument>(
      [&] {
        t.take_rows(std::vector<std::int64_t>{1, 4});
      },
      "[Tensor::take_rows] rows: expected rows 0 to 3, got 4 at "
      "position 1.");
  expect_error<InvalidArgument>([] { Tensor().take_rows(std::vector<std::int64_t>{0}); },
                                "[Tensor::take_rows] rows: expected no rows from a tensor without "
                                "any, got 0 at position 0.");
}

TEST(TensorTest, ConvertsBetweenAllDTypes) {
  const Tensor t = tensor({-1.5, 0, 2.5, 300, 1e20});
  EXPECT_EQ(to_vector<std::int32_t>(t.astype(DType::int32)),
            (std::vector<std::int32_t>{-1, 0, 2, 300, std::numeric_limits<std::int32_t>::max()}));
  EXPECT_EQ(to_vector<std::uint8_t>(t.astype(DType::uint8)),
            (std::vector<std::uint8_t>{0, 0, 2, 255, 255}));
  EXPECT_TRUE(same_bits(t.astype(DType::boolean), tensor({1, 0, 1, 1, 1}, DType::boolean)));
  EXPECT_TRUE(same_bits(t.astype(DType::float64).astype(DType::float32), t));
  EXPECT_EQ(t.astype(DType::float32).bytes(), t.bytes());
  EXPECT_EQ(Tensor({0, 2}).astype(DType::int64).shape(), Shape({0, 2}));
  EXPECT_TRUE(same_bits(tensor({1, 0}, DType::boolean).astype(DType::float32), tensor({1, 0})));
}

TEST(TensorTest, SameBitsTellsNaNAndSignedZero) {
  using test::nan;
  EXPECT_TRUE(same_bits(tensor({1, nan}), tensor({1, nan})));
  EXPECT_FALSE(same_bits(tensor({0.0}), tensor({-0.0})));
  EXPECT_FALSE(same_bits(tensor({1}), tensor({{1}})));
  EXPECT_FALSE(same_bits(zeros({2}, DType::int32), zeros({2}, DType::float32)));
  EXPECT_TRUE(same_bits(Tensor({0, 2}), Tensor({0, 2})));
}

TEST(TensorTest, RefusesWhatDoesNotFitInMemory) {
  expect_error<ResourceExhausted>(
      [] { Tensor({std::int64_t{1} << 61}, DType::float64); },
      "[Tensor] expected a tensor that fits in memory, but 2305843009213693952 elements of float64 "
      "are over 2^63 bytes.");
  expect_error<ResourceExhausted>([] { Tensor({std::int64_t{1} << 50}); },
                                  "[Tensor] expected 4503599627370496 bytes of memory to be free, "
                                  "but the system has not got them.");
}

TEST(TensorTest, StorageIsAlignedForVectors) {
  for (const std::int64_t n : {1, 3, 17, 1000}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(Tensor({n}).bytes()) % 64, 0U);
  }
}

}  // namespace
}  // namespace minnow
