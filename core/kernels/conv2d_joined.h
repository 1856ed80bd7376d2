#pragma once

#include "conv2d.h"

// Internal to core/kernels: the input gradient of a convolution with strides and few channels.
namespace minnow::kernels {

/// Whether input_gradient_by_joined does it, and best.
bool joined_fits(const Conv2DSize& size);

/// conv2d_backward_input, for sizes that fit. Places of dx that lie whole strides apart are a
/// class, which meets the same taps; classes beside one another that meet the same outputs are
/// computed together, so that lanes are not empty for want of channels. Outputs are read where they
/// lie. `work` is the rough cost of a row of dx in nanoseconds.
void input_gradient_by_joined(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                              const float* dy, const float* kernel, float* dx, double work);

}  // namespace minnow::kernels
