#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace minnow {

/// The sizes of a tensor's axes, outermost first (NHWC for images). A value of fixed size: making
/// or copying one never allocates. At most `max_rank` axes; a rank of 0 is a scalar.
class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  /// Throws InvalidArgument on a negative size, on more than max_rank axes, and where the product
  /// of the sizes does not fit an int64.
  Shape(std::initializer_list<std::int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const std::int64_t> dims);

  int rank() const noexcept { return rank_; }
  std::int64_t operator[](int axis) const noexcept { return dims_[static_cast<unsigned>(axis)]; }
  std::int64_t back() const noexcept { return dims_[static_cast<unsigned>(rank_ - 1)]; }
  std::span<const std::int64_t> dims() const noexcept {
    return {dims_.data(), static_cast<std::size_t>(rank_)};
  }
  const std::int64_t* begin() const noexcept { return dims_.data(); }
  const std::int64_t* end() const noexcept { return dims_.data() + rank_; }

  /// The number of elements: the product of the sizes, 1 for a scalar.
  std::int64_t numel() const noexcept { return numel_; }

  /// This shape behind another axis, as a batch: (28, 28) with 10 gives (10, 28, 28).
  Shape with_batch(std::int64_t batch) const;
  /// This shape without its first axis; needs a rank of at least 1.
  Shape without_batch() const;

  /// As Python prints a tuple: "(10, 784)", "(3,)", "()".
  std::string str() const;
  /// With a named batch axis in front: "(N, 28, 28, 1)".
  std::string batch_str(std::string_view batch = "N") const;

  friend bool operator==(const Shape& a, const Shape& b) noexcept = default;

 private:
  std::array<std::int64_t, max_rank> dims_{};
  int rank_ = 0;
  std::int64_t numel_ = 1;
};

/// Stores a * b and tells whether the product left the range of int64.
bool multiply_overflows(std::int64_t a, std::int64_t b, std::int64_t* product) noexcept;

}  // namespace minnow
