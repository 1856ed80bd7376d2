#pragma once

#include "conv2d_jobs.h"

// Internal to core/kernels: the kernel gradient of a convolution with few filters.
namespace minnow::kernels {

/// Whether few_filters_backward_kernel does it, and best. It depends on the instruction set; the
/// sums, and so their bits, do not.
bool few_filters_fit(const Conv2DSize& size);

/// The gradient, with registers along the numbers that an output sees, since those of a few filters
/// would fill none. `work` is the rough cost of all of it in nanoseconds.
void few_filters_backward_kernel(const Workers& workers, const KernelGradientJob& job, double work);

}  // namespace minnow::kernels
