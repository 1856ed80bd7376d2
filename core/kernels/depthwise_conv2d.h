#pragma once

#include <cstdint>

#include "activation.h"
#include "gemm.h"

namespace minnow {
class Workers;

namespace kernels {

/// The sizes of a convolution of each channel by itself, NHWC; padding as in Conv2DSize.
struct DepthwiseSize {
  std::int64_t height, width, channels;
  std::int64_t kernel_h, kernel_w;
  std::int64_t out_h, out_w;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t dilation_h = 1, dilation_w = 1;
};

/// Floats of scratch that the functions below need.
std::int64_t depthwise_scratch(const DepthwiseSize& size);

/// y[i,j,c] = f(bias[c] + sum over a,b of x[i s + a d - p, j s + b d - p, c] kernel[a,b,c])
void depthwise_forward(const Workers& workers, const DepthwiseSize& size, std::int64_t batch,
                       const float* x, const float* kernel, float* y, const Epilogue& epilogue,
                       float* scratch);

/// dkernel[a,b,c] = sum over images and places i,j of x[i s + a d - p, j s + b d - p, c] dy[i,j,c]
void depthwise_backward_kernel(const Workers& workers, const DepthwiseSize& size,
                               std::int64_t batch, const float* x, const float* dy, float* dkernel,
                               bool accumulate, float* scratch);

/// dx[p,q,c] = sum over the places and taps that read it of dy[i,j,c] kernel[a,b,c]. Overwrites dx.
void depthwise_backward_input(const Workers& workers, const DepthwiseSize& size, std::int64_t batch,
                              const float* dy, const float* kernel, float* dx, float* scratch);

}  // namespace kernels
}  // namespace minnow
