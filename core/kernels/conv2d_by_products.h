#pragma once

#include "conv2d.h"

// Internal to core/kernels: the input gradient of a convolution with few channels.
namespace minnow::kernels {

/// Whether input_gradient_by_products does it, and best.
bool by_products_fits(const Conv2DSize& size);

/// conv2d_backward_input, for sizes that fit. What each output gives to all the places that it sees
/// is one product, whose columns are the kernel's taps and channels; a place of dx is the sum of
/// those numbers of them that belong there. So nothing is computed for zeros around dy, and no lane
/// of a product is empty for want of channels. `work` is the rough cost of a row of dx in
/// nanoseconds.
void input_gradient_by_products(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                                const float* dy, const float* kernel, float* dx, double work);

}  // namespace minnow::kernels
