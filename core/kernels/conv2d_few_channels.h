#pragma once

#include "conv2d.h"

// Internal to core/kernels: the input gradient of a convolution of few channels.
namespace minnow::kernels {

/// Whether few_channels_backward_input does it, and best.
bool few_channels_fit(const Conv2DSize& size);

/// conv2d_backward_input, for sizes that fit. Registers go along a row of dx, where they would have
/// empty lanes along its channels. `work` is the rough cost of such a row in nanoseconds.
void few_channels_backward_input(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                                 const float* dy, const float* kernel, float* dx, double work);

}  // namespace minnow::kernels
