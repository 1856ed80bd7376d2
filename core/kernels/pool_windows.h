#pragma once

#include <algorithm>
#include <cstdint>

#include "conv2d_taps.h"
#include "pool2d.h"

// Internal to core/kernels: where the windows of a pooling lie.
namespace minnow::kernels {

/// Windows of one size beside one another: rows x columns places each, the windows and their places
/// lying as the pooling's size says.
struct Windows {
  std::int64_t rows, columns, count;
};

/// The places of a window along an axis that lie in an image of `length`.
inline Span places_of_window(std::int64_t begin, std::int64_t pool, std::int64_t length) {
  return {std::max<std::int64_t>(begin, 0), std::min(begin + pool, length)};
}

/// f(windows, the first one's first place in the image, its column in the output) for the windows
/// of row i of the output: those beside one another that lie in the image at once.
template <class F>
void for_windows(const Pool2DSize& s, std::int64_t i, F&& f) {
  const Span rows = places_of_window(i * s.stride_h - s.pad_top, s.pool_h, s.height);
  const auto run = [&](std::int64_t j, std::int64_t count) {
    const Span columns = places_of_window(j * s.stride_w - s.pad_left, s.pool_w, s.width);
    f(Windows{rows.size(), columns.size(), count}, rows.begin * s.width + columns.begin, j);
  };
  const Span whole = places_inside(-s.pad_left, s.stride_w, s.width - s.pool_w + 1, s.out_w);
  for (std::int64_t j = 0; j < whole.begin; ++j) run(j, 1);
  if (whole.size() > 0) run(whole.begin, whole.size());
  for (std::int64_t j = whole.end; j < s.out_w; ++j) run(j, 1);
}

/// Whether each place of an image lies in one window, and in no other.
inline bool windows_tile(const Pool2DSize& s) {
  const auto along = [](std::int64_t length, std::int64_t pool, std::int64_t stride,
                        std::int64_t pad, std::int64_t out) {
    return pool == stride && out * stride - pad >= length;
  };
  return along(s.height, s.pool_h, s.stride_h, s.pad_top, s.out_h) &&
         along(s.width, s.pool_w, s.stride_w, s.pad_left, s.out_w);
}

}  // namespace minnow::kernels
