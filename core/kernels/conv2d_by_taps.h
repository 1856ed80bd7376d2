#pragma once

#include <cstdint>

#include "../parallel.h"
#include "conv2d_jobs.h"

// Internal to core/kernels: gradients of convolutions tap by tap, where a slab has room for what
// few places meet or see, or none, or where it would be mostly zeros.
namespace minnow::kernels {

/// Whether so many places of a row meet few of the taps that going tap by tap, each for its own
/// outputs, takes less time than what all meet together.
bool taps_pay(const Conv2DSize& s);

/// conv2d_backward_input for rows of dx, counted through the batch.
void input_gradient_by_taps(const Conv2DSize& s, Span rows, const float* dy, const float* kernel,
                            float* dx);

/// The units that a kernel's gradient consists of: taps, counted panel of filters by panel.
std::int64_t kernel_gradient_units(const Conv2DSize& s);

/// Some of them, without the bias's: each tap's own run, for the outputs that see the image there.
void kernel_gradient_by_taps(const KernelGradientJob& job, Span units);

}  // namespace minnow::kernels
