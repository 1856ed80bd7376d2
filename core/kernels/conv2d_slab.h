#pragma once

#include <algorithm>
#include <cstdint>

#include "pack.h"
#include "spans.h"

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
    const Span inside{std::clamp<std::int64_t>(-top, 0, rows),
                      std::clamp<std::int64_t>(height - top, 0, rows)};
    const std::int64_t first = std::clamp<std::int64_t>(-left, 0, columns);
    const std::int64_t last = std::clamp<std::int64_t>(width - left, first, columns);
    if (inside.size() == 0 || first == last) {
      if (zeros) std::fill_n(to, size(), 0.0F);
      return;
    }
    const float* from = image + ((top + inside.begin) * width + left + first) * channels;
    float* const start = to + inside.begin * row_size() + first * stride;
    // From the end of a row in the image to the beginning of the next one.
    const std::int64_t numbers = (last - first) * stride, between = row_size() - numbers;
    if (zeros) {
      std::fill(to, start, 0.0F);
      float* end = start + numbers;
      for (std::int64_t row = 1; between > 0 && row < inside.size(); ++row, end += row_size()) {
        std::fill_n(end, between, 0.0F);
      }
      std::fill(start + (inside.size() - 1) * row_size() + numbers, to + size(), 0.0F);
    }
    if (stride == channels) {
      return pack_columns({from, width * channels}, {0, inside.size()}, 0, numbers, row_size(),
                          start);
    }
    for (std::int64_t row = 0; row < inside.size(); ++row) {
      float* place = start + row * row_size();
      const float* of_row = from + row * width * channels;
      for (std::int64_t q = first; q < last; ++q, of_row += channels, place += stride) {
        std::fill(std::copy_n(of_row, channels, place), place + stride, 0.0F);
      }
    }
  }
};

}  // namespace minnow::kernels
