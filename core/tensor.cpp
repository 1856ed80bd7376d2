#include "core/tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>

#include "core/convert.h"
#include "core/error.h"
#include "core/text.h"

namespace minnow {
namespace {

void copy_bytes(std::byte* to, const std::byte* from, std::int64_t count) {
  if (count > 0) std::memcpy(to, from, static_cast<std::size_t>(count));  // null where empty
}

Shape with_rows(const Shape& shape, std::int64_t rows) {
  std::array<std::int64_t, Shape::max_rank> dims{};
  std::copy(shape.begin(), shape.end(), dims.begin());
  dims[0] = rows;
  return Shape(std::span<const std::int64_t>(dims.data(), shape.dims().size()));
}

std::string elements(std::int64_t count) {
  return fmt::format("{} element{}", count, count == 1 ? "" : "s");
}

}  // namespace

Tensor::Tensor(const Shape& shape, DType dtype) : shape_(shape), dtype_(dtype) {
  if (numel() == 0) return;
  std::int64_t bytes = 0;
  if (multiply_overflows(numel(), static_cast<std::int64_t>(size_of(dtype)), &bytes)) {
    throw ResourceExhausted("Tensor", fmt::format("expected a tensor that fits in memory, but {} "
                                                  "elements of {} are over 2^63 bytes.",
                                                  numel(), name(dtype)));
  }
  storage_ = std::make_shared<Buffer>(bytes, "Tensor");
}

Tensor::Tensor(Tensor&& other) noexcept
    : storage_(std::move(other.storage_)),
      offset_(std::exchange(other.offset_, 0)),
      shape_(std::exchange(other.shape_, Shape{0})),
      dtype_(std::exchange(other.dtype_, DType::float32)) {}

Tensor& Tensor::operator=(Tensor&& other) noexcept {
  Tensor taken(std::move(other));  // also right where both are the same tensor
  storage_ = std::move(taken.storage_);
  offset_ = taken.offset_;
  shape_ = taken.shape_;
  dtype_ = taken.dtype_;
  return *this;
}

template <Element T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  const auto count = static_cast<std::int64_t>(values.size());
  if (count != shape.numel()) {
    throw InvalidArgument({"Tensor::from", "values",
                           fmt::format("{} for shape {}", elements(shape.numel()), shape.str()),
                           fmt::format("{}", count), ""});
  }
  Tensor result(shape, dtype_of<T>());
  std::copy(values.begin(), values.end(), result.mutable_values<T>().begin());
  return result;
}

std::int64_t Tensor::nbytes() const noexcept {
  return numel() * static_cast<std::int64_t>(size_of(dtype_));
}

std::int64_t Tensor::rows() const {
  if (rank() == 0) {
    throw InvalidArgument({"Tensor::rows", "shape", "at least one axis", "a scalar", ""});
  }
  return shape_[0];
}

void Tensor::require_dtype(DType wanted, const char* where) const {
  if (dtype_ == wanted) return;
  throw InvalidArgument({where, "dtype", name(wanted), name(dtype_),
                         fmt::format("Convert with astype({}).", name(wanted))});
}

template <Element T>
std::span<const T> Tensor::values() const {
  require_dtype(dtype_of<T>(), "Tensor::values");
  return {reinterpret_cast<const T*>(bytes()), static_cast<std::size_t>(numel())};
}

template <Element T>
std::span<T> Tensor::mutable_values() {
  require_dtype(dtype_of<T>(), "Tensor::mutable_values");
  return {reinterpret_cast<T*>(mutable_bytes()), static_cast<std::size_t>(numel())};
}

std::int64_t Tensor::flat_index(std::initializer_list<std::int64_t> index) const {
  if (static_cast<int>(index.size()) != rank()) {
    throw InvalidArgument({"Tensor::at", "index",
                           fmt::format("{} {} for shape {}", rank(),
                                       rank() == 1 ? "position" : "positions", shape_.str()),
                           fmt::format("{}", index.size()), ""});
  }
  std::int64_t flat = 0;
  int axis = 0;
  for (const std::int64_t i : index) {
    const std::int64_t size = shape_[axis];
    if (i < -size || i >= size) {
      throw InvalidArgument(
          {"Tensor::at", "index",
           size == 0 ? "an axis with elements"
                     : fmt::format("{} to {} on axis {} of shape {}", -size, size - 1, axis,
                                   shape_.str()),
           size == 0 ? fmt::format("shape {}", shape_.str()) : fmt::format("{}", i), ""});
    }
    flat = flat * size + (i < 0 ? i + size : i);
    ++axis;
  }
  return flat;
}

template <Element T>
T Tensor::at(std::initializer_list<std::int64_t> index) const {
  require_dtype(dtype_of<T>(), "Tensor::at");
  return reinterpret_cast<const T*>(bytes())[flat_index(index)];
}

template <Element T>
T Tensor::item() const {
  require_dtype(dtype_of<T>(), "Tensor::item");
  if (numel() != 1) {
    throw InvalidArgument({"Tensor::item", "shape", "1 element",
                           fmt::format("{} in shape {}", numel(), shape_.str()), ""});
  }
  return *reinterpret_cast<const T*>(bytes());
}

const std::byte* Tensor::bytes() const noexcept {
  return storage_ ? storage_->data() + offset_ : nullptr;
}

std::byte* Tensor::mutable_bytes() {
  if (storage_.use_count() > 1) {
    Tensor own(shape_, dtype_);
    copy_bytes(own.storage_->data(), bytes(), nbytes());
    *this = std::move(own);
  }
  // use_count is a relaxed read: whoever shared the storage until now must be done reading it.
  std::atomic_thread_fence(std::memory_order_acquire);
  return storage_ ? storage_->data() + offset_ : nullptr;
}

Tensor Tensor::reshape(std::initializer_list<std::int64_t> dims) const {
  return reshape(std::span<const std::int64_t>(dims.begin(), dims.size()));
}

Tensor Tensor::reshape(std::span<const std::int64_t> dims) const {
  const auto refuse = [&](std::string_view received) {
    return InvalidArgument({"Tensor::reshape", "shape",
                            fmt::format("{} as in {}", elements(numel()), shape_.str()), received,
                            ""});
  };
  const auto open = std::find(dims.begin(), dims.end(), -1);
  if (open == dims.end()) {
    const Shape shape(dims);
    if (shape.numel() != numel()) {
      throw refuse(fmt::format("{} in {}", shape.numel(), shape.str()));
    }
    Tensor result(*this);
    result.shape_ = shape;
    return result;
  }
  std::vector<std::int64_t> sizes(dims.begin(), dims.end());
  auto& unknown = sizes[static_cast<std::size_t>(open - dims.begin())];
  unknown = 1;
  if (std::find(sizes.begin(), sizes.end(), -1) != sizes.end()) {
    throw InvalidArgument({"Tensor::reshape", "shape", "at most one size of -1",
                           fmt::format("({})", joined(dims)), ""});
  }
  const std::int64_t known = Shape(sizes).numel();
  if (known == 0 || numel() % known != 0) {
    throw refuse(fmt::format("a multiple of {} in ({})", known, joined(dims)));
  }
  unknown = numel() / known;
  return reshape(std::span<const std::int64_t>(sizes));
}

Tensor Tensor::astype(DType dtype) const {
  if (dtype == dtype_) return *this;
  Tensor result(shape_, dtype);
  visit_dtype(dtype_, [&](auto from_zero) {
    using From = decltype(from_zero);
    visit_dtype(dtype, [&](auto to_zero) {
      using To = decltype(to_zero);
      const auto from = values<From>();
      std::transform(from.begin(), from.end(), result.mutable_values<To>().begin(),
                     [](From v) { return convert<To>(v); });
    });
  });
  return result;
}

Tensor Tensor::slice_rows(std::int64_t begin, std::int64_t end) const {
  const std::int64_t count = rows();
  if (begin < 0 || begin > end || end > count) {
    throw InvalidArgument({"Tensor::slice_rows", "rows",
                           fmt::format("0 <= begin <= end <= {}", count),
                           fmt::format("begin {} and end {}", begin, end), ""});
  }
  const Shape shape = with_rows(shape_, end - begin);
  if (shape.numel() == 0) return Tensor(shape, dtype_);
  Tensor result(*this);
  result.shape_ = shape;
  result.offset_ += begin * (nbytes() / count);
  return result;
}

Tensor Tensor::take_rows(std::span<const std::int64_t> wanted) const {
  const std::int64_t count = rows();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] < 0 || wanted[i] >= count) {
      throw InvalidArgument({"Tensor::take_rows", "rows",
                             count == 0 ? "no rows from a tensor without any"
                                        : fmt::format("rows 0 to {}", count - 1),
                             fmt::format("{} at position {}", wanted[i], i), ""});
    }
  }
  Tensor result(with_rows(shape_, static_cast<std::int64_t>(wanted.size())), dtype_);
  if (result.numel() == 0) return result;
  const std::int64_t row_bytes = nbytes() / count;
  std::byte* to = result.mutable_bytes();
  for (const std::int64_t row : wanted) {
    copy_bytes(to, bytes() + row * row_bytes, row_bytes);
    to += row_bytes;
  }
  return result;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         std::equal(a.bytes(), a.bytes() + a.nbytes(), b.bytes());
}

template Tensor Tensor::from(std::span<const float>, const Shape&);
template Tensor Tensor::from(std::span<const double>, const Shape&);
template Tensor Tensor::from(std::span<const std::int32_t>, const Shape&);
template Tensor Tensor::from(std::span<const std::int64_t>, const Shape&);
template Tensor Tensor::from(std::span<const std::uint8_t>, const Shape&);
template Tensor Tensor::from(std::span<const bool>, const Shape&);
template std::span<const float> Tensor::values() const;
template std::span<const double> Tensor::values() const;
template std::span<const std::int32_t> Tensor::values() const;
template std::span<const std::int64_t> Tensor::values() const;
template std::span<const std::uint8_t> Tensor::values() const;
template std::span<const bool> Tensor::values() const;
template std::span<float> Tensor::mutable_values();
template std::span<double> Tensor::mutable_values();
template std::span<std::int32_t> Tensor::mutable_values();
template std::span<std::int64_t> Tensor::mutable_values();
template std::span<std::uint8_t> Tensor::mutable_values();
template std::span<bool> Tensor::mutable_values();
template float Tensor::at(std::initializer_list<std::int64_t>) const;
template double Tensor::at(std::initializer_list<std::int64_t>) const;
template std::int32_t Tensor::at(std::initializer_list<std::int64_t>) const;
template std::int64_t Tensor::at(std::initializer_list<std::int64_t>) const;
template std::uint8_t Tensor::at(std::initializer_list<std::int64_t>) const;
template bool Tensor::at(std::initializer_list<std::int64_t>) const;
template float Tensor::item() const;
template double Tensor::item() const;
template std::int32_t Tensor::item() const;
template std::int64_t Tensor::item() const;
template std::uint8_t Tensor::item() const;
template bool Tensor::item() const;

}  // namespace minnow
