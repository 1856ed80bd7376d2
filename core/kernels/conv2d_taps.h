#pragma once

#include <algorithm>
#include <cstdint>

#include "../parallel.h"
#include "conv2d.h"

// Internal to core/kernels: where the taps of a convolution kernel meet the image.
namespace minnow::kernels {

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) noexcept {
  if (b == 1) return a;  // common, and a division takes long
  return a > 0 ? (a + b - 1) / b : -(-a / b);
}

/// The i of [0, count) with 0 <= start + i step < limit; step > 0.
constexpr Span places_inside(std::int64_t start, std::int64_t step, std::int64_t limit,
                             std::int64_t count) noexcept {
  const std::int64_t end = std::clamp(ceil_div(limit - start, step), std::int64_t{0}, count);
  const std::int64_t begin = std::clamp(ceil_div(-start, step), std::int64_t{0}, end);
  return {begin, end};
}

/// The part of `span` that lies in `other`; an empty one at its edge where there is none.
constexpr Span cut(Span span, Span other) noexcept {
  const std::int64_t begin = std::clamp(other.begin, span.begin, span.end);
  return {begin, std::clamp(other.end, begin, span.end)};
}

/// The output rows whose taps (a, .) lie in the image.
inline Span rows_of_tap(const Conv2DSize& s, std::int64_t a) noexcept {
  return places_inside(a * s.dilation_h - s.pad_top, s.stride_h, s.height, s.out_h);
}
/// The output columns whose tap (., b) lies in the image.
inline Span columns_of_tap(const Conv2DSize& s, std::int64_t b) noexcept {
  return places_inside(b * s.dilation_w - s.pad_left, s.stride_w, s.width, s.out_w);
}

/// Whether the numbers under one row of the kernel lie beside one another in the image as they do
/// in the kernel: then the row is one run of kernel_w * channels numbers.
inline bool taps_adjoin(const Conv2DSize& s) noexcept { return s.dilation_w == 1 && s.groups == 1; }

/// Whether some tap of some output lies outside the image.
inline bool sees_padding(const Conv2DSize& s) noexcept {
  return s.pad_top > 0 || s.pad_left > 0 ||
         (s.out_h - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation_h >= s.height ||
         (s.out_w - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w >= s.width;
}

}  // namespace minnow::kernels
