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

/// y = the largest number of each window; `argmax` (null when nobody will go back) receives its
/// place y * width + x in the image, the first among equals. Padding never wins.
void max_pool_forward(const Workers& workers, const Pool2DSize& size, std::int64_t batch,
                      const float* x, float* y, std::int32_t* argmax);
/// dx = dy summed into the places that won. Overwrites dx.
void max_pool_backward(const Workers& workers, const Pool2DSize& size, std::int64_t batch,
                       const float* dy, const std::int32_t* argmax, float* dx);

/// y = the mean of each window over the numbers in it that are not padding, as in TensorFlow.
void average_pool_forward(const Workers& workers, const Pool2DSize& size, std::int64_t batch,
                          const float* x, float* y);
/// dx = dy / (numbers in the window), summed over the windows a place is in. Overwrites dx.
void average_pool_backward(const Workers& workers, const Pool2DSize& size, std::int64_t batch,
                           const float* dy, float* dx);

}  // namespace kernels
}  // namespace minnow
