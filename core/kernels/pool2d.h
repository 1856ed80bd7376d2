#pragma once

#include <cstdint>

namespace minnow {
class Workers;

namespace kernels {

/// The sizes of a two-dimensional pooling, NHWC; padding as in Conv2DSize.
struct Pool2DSize {
  std::int64_t height, width, channels;
  std::int64_t pool_h, pool_w;
  std::int64_t out_h, out_w;
  std::int64_t stride_h, stride_w;
  std::int64_t pad_top = 0, pad_left = 0;
};

/// Bytes of a place in a window: one where that can count them all, else four.
inline std::int64_t winner_bytes(const Pool2DSize& s) {
  const std::int64_t rows = s.pool_h < s.height ? s.pool_h : s.height;
  const std::int64_t columns = s.pool_w < s.width ? s.pool_w : s.width;
  return rows * columns <= 256 ? 1 : 4;
}
/// y = the largest number of each window; `winners` (null when nobody will go back) receives, in
/// winner_bytes for each, its place among those of the window that are not padding, counted along
/// the rows: the first among equals. Padding never wins.
void max_pool_forward(const Workers& workers, const Pool2DSize& size, std::int64_t batch,
                      const float* x, float* y, void* winners);
/// dx = dy summed into the places that won; unless `y`, the largest numbers, is null, only where
/// those are positive. Overwrites dx.
void max_pool_backward(const Workers& workers, const Pool2DSize& size, std::int64_t batch,
                       const float* dy, const void* winners, const float* y, float* dx);

/// y = the mean of each window over the numbers in it that are not padding, as in TensorFlow.
void average_pool_forward(const Workers& workers, const Pool2DSize& size, std::int64_t batch,
                          const float* x, float* y);
/// dx = dy / (numbers in the window), summed over the windows a place is in. Overwrites dx.
void average_pool_backward(const Workers& workers, const Pool2DSize& size, std::int64_t batch,
                           const float* dy, float* dx);

}  // namespace kernels
}  // namespace minnow
