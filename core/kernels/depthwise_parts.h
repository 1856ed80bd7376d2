#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "conv2d_taps.h"
#include "depthwise_conv2d.h"
#include "depthwise_threes.h"

// Internal to core/kernels: what a depthwise convolution and its kernel's gradient have in common.
namespace minnow::kernels {

inline std::int64_t taps_of(const DepthwiseSize& s) { return s.kernel_h * s.kernel_w; }

// The output columns at which every tap lies inside the image.
inline Span inner_columns(const DepthwiseSize& s) {
  const std::int64_t reach = (s.kernel_w - 1) * s.dilation_w;
  return places_inside(-s.pad_left, s.stride_w, s.width - reach, s.out_w);
}

// Whether rows of the kernel have three weights beside one another, and channels fill registers.
inline bool threes_fit(const DepthwiseSize& s) {
  return s.kernel_w == 3 && s.dilation_w == 1 && s.channels >= least_channels_of_threes;
}
inline bool in_threes(const DepthwiseSize& s) { return threes_fit(s) && depthwise_takes_threes(); }

// Few channels do not fill a register. At stride 1 columns beside one another see the same weights
// at places beside one another: `fold` columns are then taken as one of fold x channels.
inline std::int64_t fold_of(const DepthwiseSize& s) {
  constexpr std::int64_t register_width = 16, widest = 256;
  const std::int64_t even = register_width / std::gcd(s.channels, register_width);
  if (s.stride_w != 1 || s.channels * even > widest || threes_fit(s)) return 1;
  return std::clamp<std::int64_t>(even, 1, s.out_w);
}

// The convolution from dy to dx at stride 1.
inline DepthwiseSize transposed(const DepthwiseSize& s) {
  DepthwiseSize t = s;
  std::swap(t.height, t.out_h);
  std::swap(t.width, t.out_w);
  t.pad_top = (s.kernel_h - 1) * s.dilation_h - s.pad_top;
  t.pad_left = (s.kernel_w - 1) * s.dilation_w - s.pad_left;
  return t;
}

// Nanoseconds for a row of outputs.
inline double work_of(const DepthwiseSize& s) {
  return 2 + 0.05 * static_cast<double>(s.out_w * s.channels * taps_of(s));
}

}  // namespace minnow::kernels
