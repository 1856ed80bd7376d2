#pragma once

#include <cstdint>

#include "activation.h"

// Internal to core/kernels: single-threaded pieces that several kernels share.
namespace minnow::kernels {

/// y = f(z) for n numbers, f working on single numbers (not softmax). y may be z.
void activate_span(const ActivationFn& f, std::int64_t n, const float* z, float* y) noexcept;

/// Whether none of n numbers is NaN or infinite.
bool finite_span(std::int64_t n, const float* x) noexcept;

/// y = softmax of n numbers; y may be x. NaN or +infinity among them makes NaN of all or some of
/// the row; -infinity has probability 0, and a row of it alone is NaN.
void softmax_row(std::int64_t n, const float* x, float* y) noexcept;
/// dx = y (dy - sum(dy y)); dx may be dy.
void softmax_row_backward(std::int64_t n, const float* y, const float* dy, float* dx) noexcept;

}  // namespace minnow::kernels
