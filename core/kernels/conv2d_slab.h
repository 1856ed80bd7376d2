#pragma once

#include <algorithm>
#include <cstdint>

// Internal to core/kernels: a copy of a part of an image with its padding, in which every tap of a
// convolution kernel lies inside.
namespace minnow::kernels {

/// Room for a slab, in numbers: it stays in a core's own cache while all filters pass over it.
constexpr std::int64_t most_slab = 16384;

/// Whether a slab that holds so many of the places to be computed at a time is worth its while.
/// With fewer, tiles are low and sums are cut short: then a convolution goes tap by tap, without
/// one.
constexpr bool enough_places(std::int64_t held, std::int64_t all, std::int64_t enough = 64) {
  return held >= std::min(all, enough);
}

/// Places of an image (height, width, channels): rows from `top` and columns from `left` on, some
/// perhaps outside, where there are zeros. A place has `stride` >= channels numbers, the last ones
/// 0.
struct Slab {
  std::int64_t top, left, rows, columns, stride;

  std::int64_t row_size() const { return columns * stride; }
  std::int64_t size() const { return rows * row_size(); }

  /// Without `zeros` those around the image are there already.
  void copy(const float* image, std::int64_t height, std::int64_t width, std::int64_t channels,
            float* to, bool zeros = true) const {
    const std::int64_t first = std::clamp<std::int64_t>(-left, 0, columns);
    const std::int64_t last = std::clamp<std::int64_t>(width - left, first, columns);
    const auto clear = [zeros](float* from, std::int64_t count) {
      if (zeros) std::fill_n(from, count, 0.0F);
    };
    for (std::int64_t row = top; row < top + rows; ++row, to += row_size()) {
      if (row < 0 || row >= height || first == last) {
        clear(to, row_size());
        continue;
      }
      clear(to, first * stride);
      const float* from = image + (row * width + left + first) * channels;
      if (stride == channels) {
        std::copy_n(from, (last - first) * channels, to + first * stride);
      } else {
        for (std::int64_t q = first; q < last; ++q, from += channels) {
          std::fill(std::copy_n(from, channels, to + q * stride), to + (q + 1) * stride, 0.0F);
        }
      }
      clear(to + last * stride, (columns - last) * stride);
    }
  }
};

}  // namespace minnow::kernels
