#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "buffer.h"
#include "dtype.h"
#include "shape.h"

namespace minnow {

/// A dense array in row-major order. Value semantics: a copy, a reshape and a slice of rows share
/// their storage until one of them is written to, and then go their own ways.
///
/// Reading from several threads is safe; writing needs the tensor for oneself.
class Tensor {
 public:
  /// An empty float32 tensor of shape (0,).
  Tensor() : Tensor(Shape{0}) {}
  /// Zeros. Throws ResourceExhausted where the memory cannot be had.
  explicit Tensor(const Shape& shape, DType dtype = DType::float32);
  Tensor(const Tensor&) = default;
  Tensor& operator=(const Tensor&) = default;
  /// What was moved from is an empty float32 tensor of shape (0,).
  Tensor(Tensor&& other) noexcept;
  Tensor& operator=(Tensor&& other) noexcept;
  ~Tensor() = default;

  /// A copy of `values` under `shape`; throws InvalidArgument where their numbers differ.
  template <Element T>
  static Tensor from(std::span<const T> values, const Shape& shape);
  template <Element T>
  static Tensor from(const std::vector<T>& values, const Shape& shape) {
    return from(std::span<const T>(values), shape);
  }

  const Shape& shape() const noexcept { return shape_; }
  DType dtype() const noexcept { return dtype_; }
  int rank() const noexcept { return shape_.rank(); }
  std::int64_t numel() const noexcept { return shape_.numel(); }
  std::int64_t nbytes() const noexcept;
  /// Size of the first axis; throws InvalidArgument for a scalar.
  std::int64_t rows() const;

  /// All elements. Throws InvalidArgument where T is not the tensor's dtype.
  template <Element T>
  std::span<const T> values() const;
  /// All elements, to write to; takes a copy first where the storage is shared.
  template <Element T>
  std::span<T> mutable_values();
  /// One element by its index on every axis (negative counts from the end).
  /// Throws InvalidArgument for a wrong type, a wrong rank, or an index out of range.
  template <Element T>
  T at(std::initializer_list<std::int64_t> index) const;
  /// The only element of a tensor that has one.
  template <Element T>
  T item() const;

  /// The raw bytes, row-major, whatever the dtype.
  const std::byte* bytes() const noexcept;
  std::byte* mutable_bytes();

  /// The same elements under another shape, sharing storage. One size may be -1 and is worked out.
  /// Throws InvalidArgument where the numbers of elements differ.
  Tensor reshape(std::initializer_list<std::int64_t> dims) const;
  Tensor reshape(std::span<const std::int64_t> dims) const;
  Tensor reshape(const Shape& shape) const { return reshape(shape.dims()); }
  /// Every element converted as by static_cast; to bool: whether it is not zero. Floats out of an
  /// integer's range saturate, NaN gives 0.
  Tensor astype(DType dtype) const;
  /// Rows [begin, end) of the first axis, sharing storage; throws InvalidArgument out of range.
  Tensor slice_rows(std::int64_t begin, std::int64_t end) const;
  /// The given rows of the first axis, copied in that order.
  Tensor take_rows(std::span<const std::int64_t> rows) const;

  /// As numpy prints an array, followed by shape and dtype.
  std::string str() const;

 private:
  void require_dtype(DType wanted, const char* where) const;
  std::int64_t flat_index(std::initializer_list<std::int64_t> index) const;

  std::shared_ptr<Buffer> storage_;  // null where there are no elements
  std::int64_t offset_ = 0;          // bytes into the storage
  Shape shape_;
  DType dtype_ = DType::float32;
};

std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

/// Same shape, dtype and bytes (so that NaN equals NaN and 0 differs from -0).
bool same_bits(const Tensor& a, const Tensor& b);

template <class T>
concept Number = std::is_arithmetic_v<T>;

/// A number or a nested list of them, as `tensor({{1, 2}, {3, 4}})` is written.
class NestedList {
 public:
  template <Number T>
  NestedList(T value) : real_(static_cast<double>(value)) {
    if constexpr (std::is_integral_v<T> && (sizeof(T) < 8 || std::is_signed_v<T>)) {
      integer_ = value;  // a double would round it above 2^53
      is_integer_ = true;
    }
  }
  NestedList(std::initializer_list<NestedList> items) : is_list_(true), items_(items) {}

  bool is_list() const noexcept { return is_list_; }
  const std::vector<NestedList>& items() const noexcept { return items_; }
  bool is_integer() const noexcept { return is_integer_; }
  std::int64_t integer() const noexcept { return integer_; }
  double real() const noexcept { return real_; }

 private:
  double real_ = 0;
  std::int64_t integer_ = 0;
  bool is_integer_ = false;
  bool is_list_ = false;
  std::vector<NestedList> items_;
};

/// A tensor of literals: `tensor({{1, 2}, {3, 4}})` is float32 of shape (2, 2).
/// Throws InvalidArgument where the lists are ragged, and where an integer dtype cannot hold a
/// number as it is written (a fraction, NaN, out of range). To bool: whether it is not zero.
Tensor tensor(const NestedList& values, DType dtype = DType::float32);

/// Every element `value`; throws InvalidArgument as tensor().
Tensor full(const Shape& shape, double value, DType dtype = DType::float32);
inline Tensor zeros(const Shape& shape, DType dtype = DType::float32) {
  return Tensor(shape, dtype);
}
inline Tensor ones(const Shape& shape, DType dtype = DType::float32) {
  return full(shape, 1, dtype);
}
/// 0, 1, ..., n - 1. Throws InvalidArgument where n < 0 or an integer dtype does not reach n - 1.
Tensor arange(std::int64_t n, DType dtype = DType::int64);

}  // namespace minnow
