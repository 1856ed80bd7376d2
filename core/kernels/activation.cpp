#include "core/kernels/activation.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>

#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/activation.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target: mostly plain loops, vectorised by the
// compiler.
#include "core/kernels/activation_curves-inl.h"
#include "core/kernels/finite-inl.h"
#include "core/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
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

// delta[i] = f(saved[i], delta[i]); whether all were finite before.
template <class F>
bool map_delta(std::int64_t n, const float* HWY_RESTRICT saved, float* HWY_RESTRICT delta, F&& f) {
  std::uint32_t largest = 0;  // magnitude, as an integer: the bits of floats are in their order
  for (std::int64_t i = 0; i < n; ++i) {
    const float d = delta[i];
    largest = std::max(largest, std::bit_cast<std::uint32_t>(d) & 0x7fffffffU);
    delta[i] = f(saved[i], d);
  }
  return largest < 0x7f800000U;
}

// The same for relu, which has most of all deltas.
bool relu_delta(std::int64_t n, const float* HWY_RESTRICT y, float* HWY_RESTRICT delta) {
  const hn::ScalableTag<float> tag;
  constexpr std::int64_t lanes = FiniteCheck::lanes;
  const auto zero = hn::Zero(tag);
  FiniteCheck check;
  std::int64_t i = 0;
  for (; i + FiniteCheck::step <= n; i += FiniteCheck::step) {
    const auto a = hn::LoadU(tag, delta + i), b = hn::LoadU(tag, delta + i + lanes);
    const auto c = hn::LoadU(tag, delta + i + 2 * lanes), d = hn::LoadU(tag, delta + i + 3 * lanes);
    check.look_at(a, b, c, d);
    const auto pass = [&](auto v, std::int64_t at) HWY_ATTR {
      hn::StoreU(hn::IfThenElseZero(hn::Gt(hn::LoadU(tag, y + at), zero), v), tag, delta + at);
    };
    pass(a, i);
    pass(b, i + lanes);
    pass(c, i + 2 * lanes);
    pass(d, i + 3 * lanes);
  }
  for (; i < n; ++i) {
    check.look_at(delta[i]);
    delta[i] = y[i] > 0 ? delta[i] : 0.0F;
  }
  return check.finite();
}

Floats silu_derivative(Floats z) {  // s (1 + z (1 - s))
  const Floats s = sigmoid(z);
  return hn::Mul(s, hn::MulAdd(z, hn::Sub(all(1), s), all(1)));
}

// delta[i] *= slope(saved[i]), on whole registers; whether all deltas were finite before.
template <class F>
bool scale_delta(std::int64_t n, const float* saved, float* delta, F&& slope) {
  constexpr std::int64_t block = 256;
  bool finite = true;
  float slopes[block];
  for (std::int64_t i = 0; i < n; i += block) {
    const std::int64_t some = std::min(block, n - i);
    map_registers(some, saved + i, slopes, slope);
    finite = map_delta(some, slopes, delta + i, [](float s, float d) HWY_ATTR { return d * s; }) &&
             finite;
  }
  return finite;
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

void exp_span(std::int64_t n, const float* x, float* y) {
  map_registers(n, x, y, [](Floats v) HWY_ATTR { return exponential(v); });
}

void map_span(const ActivationFn& f, std::int64_t n, const float* z, float* y) {
  switch (f.kind) {
    case ActivationKind::linear:
    case ActivationKind::softmax:
    case ActivationKind::log_softmax:
      if (z == y) return;
      return map(n, z, y, [](float v) HWY_ATTR { return v; });
    case ActivationKind::relu:  // NaN is not <= 0 and stays: a relu must not hide divergence
      return map(n, z, y, [](float v) HWY_ATTR { return v <= 0 ? 0.0F : v; });
    case ActivationKind::sigmoid:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return sigmoid(v); });
    case ActivationKind::tanh:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return tanh(v); });
    case ActivationKind::softplus:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return softplus(v); });
    case ActivationKind::elu:
      return map_registers(n, z, y, [f](Floats v) HWY_ATTR {
        const Floats below = hn::Mul(all(f.slope), expm1_of_negative(hn::Min(v, all(0))));
        return unless_nan(v, hn::IfThenElse(hn::Gt(v, all(0)), v, below));
      });
    case ActivationKind::leaky_relu:
      return map(n, z, y, [f](float v) HWY_ATTR { return v > 0 ? v : f.slope * v; });
    case ActivationKind::silu:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return hn::Mul(v, sigmoid(v)); });
    case ActivationKind::gelu:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return gelu(v); });
    case ActivationKind::selu:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return selu(v); });
    case ActivationKind::celu:
      return map_span({.kind = ActivationKind::elu, .slope = 1}, n, z, y);
    case ActivationKind::relu6:
      return map(n, z, y, [](float v) HWY_ATTR { return bounded(v, 0, 6); });
    case ActivationKind::hard_sigmoid:
      return map(n, z, y, [](float v) HWY_ATTR { return hard_sigmoid(v); });
    case ActivationKind::hard_silu:
      return map(n, z, y, [](float v) HWY_ATTR { return v * hard_sigmoid(v); });
    case ActivationKind::hard_tanh:
      return map(n, z, y, [](float v) HWY_ATTR { return bounded(v, -1, 1); });
    case ActivationKind::hard_shrink:
      return map(n, z, y, [](float v) HWY_ATTR { return hard_shrink(v); });
    case ActivationKind::soft_shrink:
      return map(n, z, y, [](float v) HWY_ATTR { return soft_shrink(v); });
    case ActivationKind::tanh_shrink:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return tanh_shrink(v); });
    case ActivationKind::softsign:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return softsign(v); });
    case ActivationKind::squareplus:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return squareplus(v); });
    case ActivationKind::sparse_plus:
      return map(n, z, y, [](float v) HWY_ATTR { return sparse_plus(v); });
    case ActivationKind::sparse_sigmoid:
      return map(n, z, y, [](float v) HWY_ATTR { return sparse_sigmoid(v); });
    case ActivationKind::log_sigmoid:
      return map_registers(n, z, y,
                           [](Floats v) HWY_ATTR { return hn::Neg(softplus(hn::Neg(v))); });
    case ActivationKind::exponential:
      return exp_span(n, z, y);
    case ActivationKind::mish:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return mish(v); });
    case ActivationKind::gelu_tanh:
      return map_registers(n, z, y, [](Floats v) HWY_ATTR { return gelu_tanh(v); });
    case ActivationKind::clipped_relu:
      return map(n, z, y, [f](float v) HWY_ATTR { return clipped_relu(f, v); });
  }
}

void log1p_span(std::int64_t n, const float* x, float* y) {
  map_registers(n, x, y, [](Floats v) HWY_ATTR { return log1p_of_fraction(v); });
}

bool map_delta_span(const ActivationFn& f, std::int64_t n, const float* saved, float* delta) {
  switch (f.kind) {
    case ActivationKind::linear:
    case ActivationKind::softmax:
    case ActivationKind::log_softmax:
      return map_delta(n, saved, delta, [](float, float d) HWY_ATTR { return d; });
    case ActivationKind::relu:
      return relu_delta(n, saved, delta);
    case ActivationKind::sigmoid:
      return map_delta(n, saved, delta,
                       [](float y, float d) HWY_ATTR { return d * (y * (1 - y)); });
    case ActivationKind::tanh:
      return map_delta(n, saved, delta,
                       [](float y, float d) HWY_ATTR { return d * ((1 - y) * (1 + y)); });
    case ActivationKind::softplus:  // sigmoid(z) = 1 - exp(-y)
      return scale_delta(n, saved, delta,
                         [](Floats y) HWY_ATTR { return hn::Neg(expm1_of_negative(hn::Neg(y))); });
    case ActivationKind::elu:
      if (derivative_needs_input(f)) {
        return scale_delta(n, saved, delta, [f](Floats z) HWY_ATTR {
          const Floats below = hn::Mul(all(f.slope), exponential(hn::Min(z, all(0))));
          return unless_nan(z, hn::IfThenElse(hn::Gt(z, all(0)), all(1), below));
        });
      }
      return map_delta(n, saved, delta,
                       [f](float y, float d) HWY_ATTR { return y > 0 ? d : d * (y + f.slope); });
    case ActivationKind::leaky_relu:  // z and y have the same sign unless the slope is negative
      return map_delta(n, saved, delta,
                       [f](float y, float d) HWY_ATTR { return y > 0 ? d : d * f.slope; });
    case ActivationKind::silu:
      return scale_delta(n, saved, delta, [](Floats z) HWY_ATTR { return silu_derivative(z); });
    case ActivationKind::gelu:
      return scale_delta(n, saved, delta, [](Floats z) HWY_ATTR { return gelu_derivative(z); });
    case ActivationKind::selu:
      return map_delta(n, saved, delta, [](float y, float d) HWY_ATTR {
        return d * (y > 0 ? selu_scale : y + selu_scale_alpha);
      });
    case ActivationKind::celu:  // at 0 max(z, 0) and min(z, 0) both have a slope of 1 in TensorFlow
      return map_delta(n, saved, delta, [](float y, float d) HWY_ATTR {
        const float below = y == 0 ? 2.0F : y + 1;
        return d * (y > 0 ? 1.0F : below);
      });
    case ActivationKind::relu6:
      return map_delta(n, saved, delta,
                       [](float y, float d) HWY_ATTR { return y > 0 && y < 6 ? d : 0.0F; });
    case ActivationKind::hard_sigmoid:
      return map_delta(n, saved, delta,
                       [](float y, float d) HWY_ATTR { return y > 0 && y < 1 ? d / 6 : 0.0F; });
    case ActivationKind::hard_silu:
      return map_delta(n, saved, delta,
                       [](float z, float d) HWY_ATTR { return d * hard_silu_derivative(z); });
    case ActivationKind::hard_tanh:
      return map_delta(n, saved, delta,
                       [](float z, float d) HWY_ATTR { return z >= -1 && z <= 1 ? d : 0.0F; });
    case ActivationKind::hard_shrink:
    case ActivationKind::soft_shrink:
      return map_delta(n, saved, delta,
                       [](float y, float d) HWY_ATTR { return y == 0 ? 0.0F : d; });
    case ActivationKind::tanh_shrink:
      return scale_delta(n, saved, delta,
                         [](Floats z) HWY_ATTR { return tanh_shrink_derivative(z); });
    case ActivationKind::softsign:
      return scale_delta(n, saved, delta, [](Floats z) HWY_ATTR { return softsign_derivative(z); });
    case ActivationKind::squareplus:
      return scale_delta(n, saved, delta,
                         [](Floats y) HWY_ATTR { return squareplus_derivative(y); });
    case ActivationKind::sparse_plus:
      return map_delta(n, saved, delta,
                       [](float z, float d) HWY_ATTR { return d * sparse_plus_derivative(z); });
    case ActivationKind::sparse_sigmoid:
      return map_delta(n, saved, delta,
                       [](float y, float d) HWY_ATTR { return y > 0 && y < 1 ? d / 2 : 0.0F; });
    case ActivationKind::log_sigmoid:  // sigmoid(-z) = 1 - exp(y)
      return scale_delta(n, saved, delta,
                         [](Floats y) HWY_ATTR { return hn::Neg(expm1_of_negative(y)); });
    case ActivationKind::exponential:
      return map_delta(n, saved, delta, [](float y, float d) HWY_ATTR { return d * y; });
    case ActivationKind::mish:
      return scale_delta(n, saved, delta, [](Floats z) HWY_ATTR { return mish_derivative(z); });
    case ActivationKind::gelu_tanh:
      return scale_delta(n, saved, delta,
                         [](Floats z) HWY_ATTR { return gelu_tanh_derivative(z); });
    case ActivationKind::clipped_relu:
      return map_delta(n, saved, delta, [f](float z, float d) HWY_ATTR {
        return d * clipped_relu_derivative(f, z);
      });
  }
  return false;
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(map_span);
HWY_EXPORT(map_delta_span);
HWY_EXPORT(exp_span);
HWY_EXPORT(log1p_span);

// About what one number costs, in nanoseconds.
double work_of(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::linear:
    case ActivationKind::relu:
    case ActivationKind::leaky_relu:
    case ActivationKind::relu6:
    case ActivationKind::hard_sigmoid:
    case ActivationKind::hard_silu:
    case ActivationKind::hard_tanh:
    case ActivationKind::hard_shrink:
    case ActivationKind::soft_shrink:
    case ActivationKind::sparse_plus:
    case ActivationKind::sparse_sigmoid:
    case ActivationKind::clipped_relu:
      return 0.3;
    default:
      return 1;
  }
}

}  // namespace

void activate_span(const ActivationFn& f, std::int64_t n, const float* z, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(map_span)(f, n, z, y);
}

void exp_span(std::int64_t n, const float* x, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(exp_span)(n, x, y);
}

void log1p_span(std::int64_t n, const float* x, float* y) noexcept {
  HWY_DYNAMIC_DISPATCH(log1p_span)(n, x, y);
}

bool derivative_needs_input(const ActivationFn& f) noexcept {
  switch (f.kind) {
    case ActivationKind::silu:
    case ActivationKind::gelu:
    case ActivationKind::hard_silu:
    case ActivationKind::hard_tanh:
    case ActivationKind::tanh_shrink:
    case ActivationKind::softsign:
    case ActivationKind::sparse_plus:
    case ActivationKind::mish:
    case ActivationKind::gelu_tanh:
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
  if (works_along_rows(f.kind)) {
    const auto run = f.kind == ActivationKind::softmax ? softmax_rows : log_softmax_rows;
    workers.for_range(rows, work * static_cast<double>(cols),
                      [&](std::int64_t begin, std::int64_t end) {
                        run(end - begin, cols, z + begin * cols, y + begin * cols);
                      });
    return;
  }
  workers.for_range(rows * cols, work, [&](std::int64_t begin, std::int64_t end) {
    activate_span(f, end - begin, z + begin, y + begin);
  });
}

bool activate_backward(const Workers& workers, const ActivationFn& f, std::int64_t rows,
                       std::int64_t cols, const float* saved, float* delta) {
  std::atomic<bool> finite = true;
  const auto note = [&finite](bool good) {
    if (!good) finite.store(false, std::memory_order_relaxed);
  };
  if (works_along_rows(f.kind)) {
    const bool plain = f.kind == ActivationKind::softmax;
    const auto run = plain ? softmax_rows_backward : log_softmax_rows_backward;
    workers.for_range(rows, (plain ? 0.6 : 1.5) * static_cast<double>(cols),
                      [&](std::int64_t begin, std::int64_t end) {
                        float* d = delta + begin * cols;
                        note(finite_span((end - begin) * cols, d));
                        run(end - begin, cols, saved + begin * cols, d, d);
                      });
    return finite.load();
  }
  workers.for_range(
      rows * cols, derivative_needs_input(f) ? work_of(f.kind) : 0.3,
      [&](std::int64_t begin, std::int64_t end) {
        note(HWY_DYNAMIC_DISPATCH(map_delta_span)(f, end - begin, saved + begin, delta + begin));
      });
  return finite.load();
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
