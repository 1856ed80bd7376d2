#pragma once

#include <cstdint>

#include "activation.h"

// Internal to core/kernels: single-threaded pieces that several kernels share.
namespace minnow::kernels {

/// y = f(z) for n numbers, f working on single numbers (not along rows). y may be z.
void activate_span(const ActivationFn& f, std::int64_t n, const float* z, float* y) noexcept;

/// delta = delta f'(z) for some rows of n numbers, `stride` apart, of a gradient that begins at
/// `gradient`; several threads may look at its parts at once.
void apply_derivative(const Derivative& f, std::int64_t rows, std::int64_t n, std::int64_t stride,
                      const float* gradient, float* delta) noexcept;

/// y = e^x for n numbers, off by less than 1.5 units in the last place; y may be x.
void exp_span(std::int64_t n, const float* x, float* y) noexcept;
/// y = log(1 + x) for n numbers from 0 to 1; y may be x.
void log1p_span(std::int64_t n, const float* x, float* y) noexcept;

/// Whether none of n numbers is NaN or infinite.
bool finite_span(std::int64_t n, const float* x) noexcept;

/// y = softmax of each of `rows` rows of n numbers; y may be x. NaN or +infinity among them makes
/// NaN of all or some of the row; -infinity has probability 0, and a row of it alone is NaN.
void softmax_rows(std::int64_t rows, std::int64_t n, const float* x, float* y) noexcept;
/// The highest of n > 0 numbers.
float highest_of(std::int64_t n, const float* x) noexcept;
/// e = exp(x - highest) for n numbers, and their sum; e may be x, or null where only the sum is of
/// interest.
double exponentials(std::int64_t n, const float* x, float highest, float* e) noexcept;
/// dx = y (dy - sum(dy y)) along each row; dx may be dy.
void softmax_rows_backward(std::int64_t rows, std::int64_t n, const float* y, const float* dy,
                           float* dx) noexcept;

/// y = log(softmax) of each row, of NaN and infinities as softmax_rows; y may be x.
void log_softmax_rows(std::int64_t rows, std::int64_t n, const float* x, float* y) noexcept;
/// dx = dy - exp(y) sum(dy) along each row; dx may be dy.
void log_softmax_rows_backward(std::int64_t rows, std::int64_t n, const float* y, const float* dy,
                               float* dx) noexcept;

}  // namespace minnow::kernels
