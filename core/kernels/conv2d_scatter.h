#pragma once

#include "conv2d.h"

// Internal to core/kernels: the input gradient of a convolution, output by output.
namespace minnow::kernels {

/// Whether scatter_backward_input does it, and best.
bool scatter_fits(const Conv2DSize& size);

/// conv2d_backward_input, for sizes that fit. What each output gives to the places that it sees is
/// a product, whose rows are added where they belong: nothing is computed for zeros around dy, and
/// no lane is empty for want of channels. `work` is the rough cost of a row of dx in nanoseconds.
void scatter_backward_input(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                            const float* dy, const float* kernel, float* dx, double work);

}  // namespace minnow::kernels
