#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "../parallel.h"
#include "conv2d_taps.h"

// Internal to core/kernels: which outputs the places of an input meet.
namespace minnow::kernels {

/// One axis of a convolution, from its input's side: places that lie whole strides apart are a
/// class, and meet the same taps.
struct Axis {
  std::int64_t length, taps, stride, pad, dilation;

  std::int64_t classes() const { return std::min(stride, length); }
  /// In strides: the places of the largest class.
  std::int64_t places() const { return ceil_div(length, stride); }
  std::int64_t places_of(std::int64_t first) const { return ceil_div(length - first, stride); }
  bool hits(std::int64_t first, std::int64_t tap) const {
    return (first + pad - tap * dilation) % stride == 0;
  }
  /// The output that the first place meets there, perhaps outside.
  std::int64_t output(std::int64_t first, std::int64_t tap) const {
    return (first + pad - tap * dilation) / stride;
  }
  /// The classes beside one another whose first place meets `output`, by a tap for each; perhaps
  /// none.
  Span meeting(std::int64_t output) const {
    const std::int64_t first = output * stride - pad;  // that tap 0 meets
    return {std::max<std::int64_t>(first, 0), std::min(first + taps, classes())};
  }
  /// The outputs that the first places meet.
  Span outputs() const {
    Span met{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
    for (std::int64_t first = 0; first < classes(); ++first) {
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        if (!hits(first, tap)) continue;
        met.begin = std::min(met.begin, output(first, tap));
        met.end = std::max(met.end, output(first, tap) + 1);
      }
    }
    return met.begin < met.end ? met : Span{0, 1};
  }
};

inline Axis row_axis(const Conv2DSize& s) noexcept {
  return {s.height, s.kernel_h, s.stride_h, s.pad_top, s.dilation_h};
}
inline Axis column_axis(const Conv2DSize& s) noexcept {
  return {s.width, s.kernel_w, s.stride_w, s.pad_left, s.dilation_w};
}

}  // namespace minnow::kernels
