#include "core/kernels/activation.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/activation.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target: plain loops, vectorised by the
// compiler.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// y[i] = f(z[i]), whether in place or apart: told from each other so that both loops vectorise.
template <class F>
void map(std::int64_t n, const float* z, float* y, F&& f) {
  if (z == y) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = f(y[i]);
    return;
  }
  const float* HWY_RESTRICT from = z;
  float* HWY_RESTRICT to = y;
  for (std::int64_t i = 0; i < n; ++i) to[i] = f(from[i]);
}

// delta[i] = f(saved[i], delta[i]).
template <class F>
void map_delta(std::int64_t n, const float* HWY_RESTRICT saved, float* HWY_RESTRICT delta, F&& f) {
  for (std::int64_t i = 0; i < n; ++i) delta[i] = f(saved[i], delta[i]);
}

// exp only of negative numbers: no overflow on either side.
float sigmoid(float z) {
  const float e = std::exp(-std::fabs(z));
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

float softplus(float z) { return (z > 0 ? z : 0.0F) + std::log1p(std::exp(-std::fabs(z))); }

constexpr float inverse_sqrt_2 = 0.70710678118654752F;
constexpr float inverse_sqrt_2pi = 0.39894228040143268F;

// The normal distribution function; erfc, as 1 + erf loses all digits on the far left.
float normal_cdf(float z) { return 0.5F * std::erfc(-z * inverse_sqrt_2); }

float gelu_derivative(float z) {
  return normal_cdf(z) + z * inverse_sqrt_2pi * std::exp(-0.5F * z * z);
}

float silu_derivative(float z) {
  const float s = sigmoid(z);
  return s * (1 + z * (1 - s));
}

float clipped_relu(const ActivationFn& f, float z) {
  if (z < f.threshold) z = f.slope == 0 ? 0.0F : f.slope * (z - f.threshold);
  return z >= f.max_value ? f.max_value : z;  // NaN fails both tests and stays
}

float clipped_relu_derivative(const ActivationFn& f, float z) {
  if (z >= f.max_value) return 0;
  return z > f.threshold ? 1.0F : f.slope;
}

}  // namespace

void map_span(const ActivationFn& f, std::int64_t n, const float* z, float* y) {
  switch (f.kind) {
    case ActivationKind::linear:
    case ActivationKind::softmax:
      if (z == y) return;
      return map(n, z, y, [](float v) HWY_ATTR { return v; });
    case ActivationKind::relu:  // NaN is not <= 0 and stays: a relu must not hide divergence
      return map(n, z, y, [](float v) HWY_ATTR { return v <= 0 ? 0.0F : v; });
    case ActivationKind::sigmoid:
      return map(n, z, y, [](float v) HWY_ATTR { return sigmoid(v); });
    case ActivationKind::tanh:
      return map(n, z, y, [](float v) HWY_ATTR { return std::tanh(v); });
    case ActivationKind::softplus:
      return map(n, z, y, [](float v) HWY_ATTR { return softplus(v); });
    case ActivationKind::elu:
      return map(n, z, y, [f](float v) HWY_ATTR { return v > 0 ? v : f.slope * std::expm1(v); });
    case ActivationKind::leaky_relu:
      return map(n, z, y, [f](float v) HWY_ATTR { return v > 0 ? v : f.slope * v; });
    case ActivationKind::silu:
      return map(n, z, y, [](float v) HWY_ATTR { return v * sigmoid(v); });
    case ActivationKind::gelu:
      return map(n, z, y, [](float v) HWY_ATTR { return v * normal_cdf(v); });
    case ActivationKind::clipped_relu:
      return map(n, z, y, [f](float v) HWY_ATTR { return clipped_relu(f, v); });
  }
}

void map_delta_span(const ActivationFn& f, std::int64_t n, const float* saved, float* delta) {
  switch (f.kind) {
    case ActivationKind::linear:
    case ActivationKind::softmax:
      return;
    case ActivationKind::relu:
      return map_delta(n, saved, delta, [](float y, float d) HWY_ATTR { return y > 0 ? d : 0.0F; });
    case ActivationKind::sigmoid:
      return map_delta(n, saved, delta,
                       [](float y, float d) HWY_ATTR { return d * (y * (1 - y)); });
    case ActivationKind::tanh:
      return map_delta(n, saved, delta,
                       [](float y, float d) HWY_ATTR { return d * ((1 - y) * (1 + y)); });
    case ActivationKind::softplus:  // sigmoid(z) = 1 - exp(-y)
      return map_delta(n, saved, delta,
                       [](float y, float d) HWY_ATTR { return d * -std::expm1(-y); });
    case ActivationKind::elu:
      if (derivative_needs_input(f)) {
        return map_delta(n, saved, delta, [f](float z, float d) HWY_ATTR {
          return z > 0 ? d : d * f.slope * std::exp(z);
        });
      }
      return map_delta(n, saved, delta,
                       [f](float y, float d) HWY_ATTR { return y > 0 ? d : d * (y + f.slope); });
    case ActivationKind::leaky_relu:  // z and y have the same sign unless the slope is negative
      return map_delta(n, saved, delta,
                       [f](float y, float d) HWY_ATTR { return y > 0 ? d : d * f.slope; });
    case ActivationKind::silu:
      return map_delta(n, saved, delta,
                       [](float z, float d) HWY_ATTR { return d * silu_derivative(z); });
    case ActivationKind::gelu:
      return map_delta(n, saved, delta,
                       [](float z, float d) HWY_ATTR { return d * gelu_derivative(z); });
    case ActivationKind::clipped_relu:
      return map_delta(n, saved, delta, [f](float z, float d) HWY_ATTR {
        return d * clipped_relu_derivative(f, z);
      });
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(map_span);
HWY_EXPORT(map_delta_span);

// About what one number costs, in nanoseconds.
double work_of(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::linear:
    case ActivationKind::relu:
    case ActivationKind::leaky_relu:
    case ActivationKind::clipped_relu:
      return 0.3;
    default:
      return 6;
  }
}

}  // namespace

void activate_span(const ActivationFn& f, std::int64_t n, const float* z, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(map_span)(f, n, z, y);
}

bool derivative_needs_input(const ActivationFn& f) noexcept {
  switch (f.kind) {
    case ActivationKind::silu:
    case ActivationKind::gelu:
    case ActivationKind::clipped_relu:
      return true;
    case ActivationKind::elu:
    case ActivationKind::leaky_relu:
      return f.slope < 0;  // then the output does not tell the sign of z
    default:
      return false;
  }
}

void activate(const Workers& workers, const ActivationFn& f, std::int64_t rows, std::int64_t cols,
              const float* z, float* y) {
  const double work = work_of(f.kind);
  if (f.kind == ActivationKind::softmax) {
    workers.for_each(rows, work * static_cast<double>(cols),
                     [&](std::int64_t i) { softmax_row(cols, z + i * cols, y + i * cols); });
    return;
  }
  workers.for_range(rows * cols, work, [&](std::int64_t begin, std::int64_t end) {
    activate_span(f, end - begin, z + begin, y + begin);
  });
}

bool activate_backward(const Workers& workers, const ActivationFn& f, std::int64_t rows,
                       std::int64_t cols, const float* saved, float* delta) {
  std::atomic<bool> finite = true;
  const auto look = [&finite](std::int64_t n, const float* d) {
    if (!finite_span(n, d)) finite.store(false, std::memory_order_relaxed);
  };
  if (f.kind == ActivationKind::softmax) {
    workers.for_each(rows, 0.6 * static_cast<double>(cols), [&](std::int64_t i) {
      float* d = delta + i * cols;
      look(cols, d);
      softmax_row_backward(cols, saved + i * cols, d, d);
    });
    return finite.load();
  }
  constexpr std::int64_t block = 2048;  // in the nearest cache for the second look
  workers.for_range(rows * cols, derivative_needs_input(f) ? work_of(f.kind) : 0.5,
                    [&](std::int64_t begin, std::int64_t end) {
                      for (std::int64_t i = begin; i < end; i += block) {
                        const std::int64_t n = std::min(block, end - i);
                        look(n, delta + i);
                        HWY_DYNAMIC_DISPATCH(map_delta_span)(f, n, saved + i, delta + i);
                      }
                    });
  return finite.load();
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
