#pragma once

#include <cstdint>

#include "gemm.h"

namespace minnow::kernels {

/// The sizes of a two-dimensional convolution (really a cross-correlation), NHWC. The kernel is
/// (kernel_h, kernel_w, channels / groups, filters); padding is at the top and left, what is
/// missing at the bottom and right follows from the output size.
struct Conv2DSize {
  std::int64_t height, width, channels;
  std::int64_t kernel_h, kernel_w, filters;
  std::int64_t out_h, out_w;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t groups = 1;
};

/// What threads take of a batch's outputs: rows counted through all images, or a band of rows of
/// every image, so that each finds its own numbers again where the next work is cut by features.
enum class Sharing : std::uint8_t { rows, bands };

/// y[n,i,j,f] = epilogue(sum over a,b,c of x[n, i s + a d - p, j s + b d - p, c] k[a,b,c,f]).
/// Convolutions that run as products or by minimal filtering share rows.
void conv2d_forward(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                    const float* x, const float* kernel, float* y, const Epilogue& epilogue,
                    Sharing sharing = Sharing::rows);

/// dx = the transpose of the convolution, applied to dy. Overwrites dx.
void conv2d_backward_input(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                           const float* dy, const float* kernel, float* dx);

/// dk[a,b,c,f] = (accumulate ? dk : 0) + sum over n,i,j of x[n, i s + a d - p, ...] dy[n,i,j,f],
/// and unless `dbias` is null, db[f] = (accumulate ? db : 0) + sum over n,i,j of dy[n,i,j,f].
void conv2d_backward_kernel(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                            const float* x, const float* dy, float* dkernel, float* dbias,
                            bool accumulate);

}  // namespace minnow::kernels
