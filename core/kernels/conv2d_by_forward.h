#pragma once

#include <cstdint>

#include "conv2d.h"

// Internal to core/kernels: the input gradient of a convolution without strides, which is a
// convolution itself.
namespace minnow::kernels {

/// Whether input_gradient_forward does it, and no worse than what goes through dy class by class.
bool goes_forward(const Conv2DSize& size);

/// dx[y, x, c] = sum over a, b, f of dy[y + pad - a, x + pad - b, f] k[a, b, c, f]: with the taps
/// in reverse order conv2d_forward of dy.
void input_gradient_forward(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                            const float* dy, const float* kernel, float* dx);

}  // namespace minnow::kernels
