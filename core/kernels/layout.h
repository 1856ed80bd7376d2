#pragma once

#include <array>
#include <cstdint>

namespace minnow {
class Workers;

namespace kernels {

/// `count` pieces of `length` numbers each, `from_stride` apart in x and `to_stride` in y.
struct Pieces {
  std::int64_t count, length, from_stride, to_stride;
};
/// Copies the pieces; what lies between them in y stays.
void copy_pieces(const Workers& workers, const Pieces& pieces, const float* x, float* y);

/// The order of the axes of a row: axis i of y is axis order[i] of x.
struct Permutation {
  static constexpr int most_axes = 8;
  int axes = 0;
  std::array<std::int64_t, most_axes> size{};    ///< of y
  std::array<std::int64_t, most_axes> stride{};  ///< in x, of each of y's axes
};
void permute(const Workers& workers, const Permutation& permutation, std::int64_t rows,
             std::int64_t numel, const float* x, float* y);

/// An image (height, width, channels) and how often each of its places is repeated.
struct Upsampling {
  std::int64_t height, width, channels;
  std::int64_t down, across;
};
void upsample(const Workers& workers, const Upsampling& size, std::int64_t rows, const float* x,
              float* y);
/// dx = dy summed over the places that show it.
void upsample_backward(const Workers& workers, const Upsampling& size, std::int64_t rows,
                       const float* dy, float* dx);

/// An image of (height, width, channels) in a larger one of (out_h, out_w, channels).
struct Frame {
  std::int64_t height, width, channels;
  std::int64_t out_h, out_w;
  std::int64_t top, left;
};
/// y = x with zeros around it.
void pad(const Workers& workers, const Frame& frame, std::int64_t rows, const float* x, float* y);
/// dx = dy without what is around it.
void crop(const Workers& workers, const Frame& frame, std::int64_t rows, const float* dy,
          float* dx);

}  // namespace kernels
}  // namespace minnow
