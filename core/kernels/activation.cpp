#include "core/kernels/activation.h"

#include <algorithm>
#include <atomic>

#include "core/kernels/spans.h"
#include "core/parallel.h"

#define MINNOW_WITHOUT_SSE4
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/activation.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/activation_curves-inl.h"
#include "core/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

constexpr std::int64_t lanes = HWY_LANES(float);

// A curve has one loop, over whole registers, and the numbers at the end are brought to it in a
// register of their own: with some thirty curves and as many derivatives, for each target, that is
// what keeps this small.

/// y[i] = curve(z[i]); n is a multiple of the lanes, y may be z.
using Loop = void (*)(ActivationFn f, std::int64_t n, const float* z, float* y);

template <class Curve>
Loop loop_of(Curve) {
  return [](ActivationFn f, std::int64_t n, const float* z, float* y) HWY_ATTR {
    const FloatTag d;
    for (std::int64_t i = 0; i < n; i += lanes) {
      hn::StoreU(Curve()(f, hn::LoadU(d, z + i)), d, y + i);
    }
  };
}

void run(Loop loop, const ActivationFn& f, std::int64_t n, const float* z, float* y) {
  const std::int64_t left = n % lanes, whole = n - left;
  loop(f, whole, z, y);
  if (left == 0) return;
  float rest[lanes] = {};
  std::copy_n(z + whole, left, rest);
  loop(f, lanes, rest, rest);
  std::copy_n(rest, left, y + whole);
}

/// delta[i] = curve(saved[i], delta[i]); n is a multiple of the lanes. Whether all were finite
/// before.
using DeltaLoop = bool (*)(ActivationFn f, std::int64_t n, const float* saved, float* delta);

template <class Curve>
DeltaLoop delta_loop_of(Curve) {
  return [](ActivationFn f, std::int64_t n, const float* saved, float* delta) HWY_ATTR {
    const FloatTag tag;
    Floats bits = hn::Zero(tag);  // d - d is 0 for every finite d, else NaN
    for (std::int64_t i = 0; i < n; i += lanes) {
      const Floats d = hn::LoadU(tag, delta + i);
      bits = hn::Or(bits, hn::Sub(d, d));
      hn::StoreU(Curve()(f, hn::LoadU(tag, saved + i), d), tag, delta + i);
    }
    return hn::AllTrue(tag, hn::Eq(bits, hn::Zero(tag)));
  };
}

/// The same with a curve that is the slope.
template <class Slope>
DeltaLoop slope_loop_of(Slope) {
  return delta_loop_of([](const ActivationFn& f, Floats saved, Floats d)
                           HWY_ATTR { return hn::Mul(d, Slope()(f, saved)); });
}

Floats silu_derivative(Floats z) {  // s (1 + z (1 - s))
  const Floats s = sigmoid(z);
  return hn::Mul(s, hn::MulAdd(z, hn::Sub(all(1), s), all(1)));
}

Loop loop_of_kind(ActivationKind kind) {
  using Fn = const ActivationFn&;
  switch (kind) {
    case ActivationKind::linear:
    case ActivationKind::softmax:
    case ActivationKind::log_softmax:
      return loop_of([](Fn, Floats v) HWY_ATTR { return v; });
    case ActivationKind::relu:  // NaN is not <= 0 and stays: a relu must not hide divergence
      return loop_of([](Fn, Floats v)
                         HWY_ATTR { return hn::IfThenZeroElse(hn::Le(v, all(0)), v); });
    case ActivationKind::sigmoid:
      return loop_of([](Fn, Floats v) HWY_ATTR { return sigmoid(v); });
    case ActivationKind::tanh:
      return loop_of([](Fn, Floats v) HWY_ATTR { return tanh(v); });
    case ActivationKind::softplus:
      return loop_of([](Fn, Floats v) HWY_ATTR { return softplus(v); });
    case ActivationKind::elu:
    case ActivationKind::celu:
      return loop_of([](Fn f, Floats v) HWY_ATTR {
        const float slope = f.kind == ActivationKind::celu ? 1 : f.slope;
        const Floats below = hn::Mul(all(slope), expm1_of_negative(hn::Min(v, all(0))));
        return unless_nan(v, hn::IfThenElse(hn::Gt(v, all(0)), v, below));
      });
    case ActivationKind::leaky_relu:
      return loop_of([](Fn f, Floats v) HWY_ATTR {
        return hn::IfThenElse(hn::Gt(v, all(0)), v, hn::Mul(all(f.slope), v));
      });
    case ActivationKind::silu:
      return loop_of([](Fn, Floats v) HWY_ATTR { return hn::Mul(v, sigmoid(v)); });
    case ActivationKind::gelu:
      return loop_of([](Fn, Floats v) HWY_ATTR { return gelu(v); });
    case ActivationKind::selu:
      return loop_of([](Fn, Floats v) HWY_ATTR { return selu(v); });
    case ActivationKind::relu6:
      return loop_of([](Fn, Floats v) HWY_ATTR { return bounded(v, 0, 6); });
    case ActivationKind::hard_sigmoid:
      return loop_of([](Fn, Floats v) HWY_ATTR { return hard_sigmoid(v); });
    case ActivationKind::hard_silu:
      return loop_of([](Fn, Floats v) HWY_ATTR { return hn::Mul(v, hard_sigmoid(v)); });
    case ActivationKind::hard_tanh:
      return loop_of([](Fn, Floats v) HWY_ATTR { return bounded(v, -1, 1); });
    case ActivationKind::hard_shrink:
      return loop_of([](Fn, Floats v) HWY_ATTR { return beyond_half(v, v); });
    case ActivationKind::soft_shrink:
      return loop_of([](Fn, Floats v) HWY_ATTR { return soft_shrink(v); });
    case ActivationKind::tanh_shrink:
      return loop_of([](Fn, Floats v) HWY_ATTR { return tanh_shrink(v); });
    case ActivationKind::softsign:
      return loop_of([](Fn, Floats v) HWY_ATTR { return softsign(v); });
    case ActivationKind::squareplus:
      return loop_of([](Fn, Floats v) HWY_ATTR { return squareplus(v); });
    case ActivationKind::sparse_plus:
      return loop_of([](Fn, Floats v) HWY_ATTR { return sparse_plus(v); });
    case ActivationKind::sparse_sigmoid:
      return loop_of([](Fn, Floats v) HWY_ATTR { return sparse_sigmoid(v); });
    case ActivationKind::log_sigmoid:
      return loop_of([](Fn, Floats v) HWY_ATTR { return hn::Neg(softplus(hn::Neg(v))); });
    case ActivationKind::exponential:
      return loop_of([](Fn, Floats v) HWY_ATTR { return exponential(v); });
    case ActivationKind::mish:
      return loop_of([](Fn, Floats v) HWY_ATTR { return mish(v); });
    case ActivationKind::gelu_tanh:
      return loop_of([](Fn, Floats v) HWY_ATTR { return gelu_tanh(v); });
    case ActivationKind::clipped_relu:
      return loop_of([](Fn f, Floats v) HWY_ATTR { return clipped_relu(f, v); });
  }
  return nullptr;
}

DeltaLoop delta_loop_of_fn(const ActivationFn& fn) {
  using Fn = const ActivationFn&;
  switch (fn.kind) {
    case ActivationKind::linear:
    case ActivationKind::softmax:
    case ActivationKind::log_softmax:
      return delta_loop_of([](Fn, Floats, Floats d) HWY_ATTR { return d; });
    case ActivationKind::relu:
      return delta_loop_of([](Fn, Floats y, Floats d)
                               HWY_ATTR { return hn::IfThenElseZero(hn::Gt(y, all(0)), d); });
    case ActivationKind::sigmoid:
      return slope_loop_of([](Fn, Floats y) HWY_ATTR { return hn::Mul(y, hn::Sub(all(1), y)); });
    case ActivationKind::tanh:
      return slope_loop_of(
          [](Fn, Floats y) HWY_ATTR { return hn::Mul(hn::Sub(all(1), y), hn::Add(all(1), y)); });
    case ActivationKind::softplus:  // sigmoid(z) = 1 - exp(-y)
      return slope_loop_of([](Fn, Floats y)
                               HWY_ATTR { return hn::Neg(expm1_of_negative(hn::Neg(y))); });
    case ActivationKind::elu:
      if (derivative_needs_input(fn)) {
        return slope_loop_of([](Fn f, Floats z) HWY_ATTR {
          const Floats below = hn::Mul(all(f.slope), exponential(hn::Min(z, all(0))));
          return unless_nan(z, hn::IfThenElse(hn::Gt(z, all(0)), all(1), below));
        });
      }
      return delta_loop_of([](Fn f, Floats y, Floats d) HWY_ATTR {
        const Floats below = hn::Mul(d, hn::Add(y, all(f.slope)));
        return hn::IfThenElse(hn::Gt(y, all(0)), d, below);
      });
    case ActivationKind::leaky_relu:  // z and y have the same sign unless the slope is negative
      return delta_loop_of([](Fn f, Floats y, Floats d) HWY_ATTR {
        return hn::IfThenElse(hn::Gt(y, all(0)), d, hn::Mul(d, all(f.slope)));
      });
    case ActivationKind::silu:
      return slope_loop_of([](Fn, Floats z) HWY_ATTR { return silu_derivative(z); });
    case ActivationKind::gelu:
      return slope_loop_of([](Fn, Floats z) HWY_ATTR { return gelu_derivative(z); });
    case ActivationKind::selu:
      return slope_loop_of([](Fn, Floats y) HWY_ATTR {
        const Floats below = hn::Add(y, all(selu_scale_alpha));
        return hn::IfThenElse(hn::Gt(y, all(0)), all(selu_scale), below);
      });
    case ActivationKind::celu:  // at 0 max(z, 0) and min(z, 0) both have a slope of 1 in TensorFlow
      return slope_loop_of([](Fn, Floats y) HWY_ATTR {
        const Floats below = hn::IfThenElse(hn::Eq(y, all(0)), all(2), hn::Add(y, all(1)));
        return hn::IfThenElse(hn::Gt(y, all(0)), all(1), below);
      });
    case ActivationKind::relu6:
      return delta_loop_of([](Fn, Floats y, Floats d) HWY_ATTR { return within(y, 0, 6, d); });
    case ActivationKind::hard_sigmoid:
      return delta_loop_of([](Fn, Floats y, Floats d)
                               HWY_ATTR { return within(y, 0, 1, hn::Div(d, all(6))); });
    case ActivationKind::hard_silu:
      return slope_loop_of([](Fn, Floats z) HWY_ATTR { return hard_silu_derivative(z); });
    case ActivationKind::hard_tanh:
      return delta_loop_of([](Fn, Floats z, Floats d) HWY_ATTR {
        return hn::IfThenElseZero(hn::Le(hn::Abs(z), all(1)), d);
      });
    case ActivationKind::hard_shrink:
    case ActivationKind::soft_shrink:
      return delta_loop_of([](Fn, Floats y, Floats d)
                               HWY_ATTR { return hn::IfThenZeroElse(hn::Eq(y, all(0)), d); });
    case ActivationKind::tanh_shrink:
      return slope_loop_of([](Fn, Floats z) HWY_ATTR { return tanh_shrink_derivative(z); });
    case ActivationKind::softsign:
      return slope_loop_of([](Fn, Floats z) HWY_ATTR { return softsign_derivative(z); });
    case ActivationKind::squareplus:
      return slope_loop_of([](Fn, Floats y) HWY_ATTR { return squareplus_derivative(y); });
    case ActivationKind::sparse_plus:
      return slope_loop_of([](Fn, Floats z) HWY_ATTR { return sparse_sigmoid(z); });
    case ActivationKind::sparse_sigmoid:
      return delta_loop_of([](Fn, Floats y, Floats d)
                               HWY_ATTR { return within(y, 0, 1, hn::Mul(d, all(0.5F))); });
    case ActivationKind::log_sigmoid:  // sigmoid(-z) = 1 - exp(y)
      return slope_loop_of([](Fn, Floats y) HWY_ATTR { return hn::Neg(expm1_of_negative(y)); });
    case ActivationKind::exponential:
      return slope_loop_of([](Fn, Floats y) HWY_ATTR { return y; });
    case ActivationKind::mish:
      return slope_loop_of([](Fn, Floats z) HWY_ATTR { return mish_derivative(z); });
    case ActivationKind::gelu_tanh:
      return slope_loop_of([](Fn, Floats z) HWY_ATTR { return gelu_tanh_derivative(z); });
    case ActivationKind::clipped_relu:
      return slope_loop_of([](Fn f, Floats z) HWY_ATTR { return clipped_relu_derivative(f, z); });
  }
  return nullptr;
}

}  // namespace

void map_span(const ActivationFn& f, std::int64_t n, const float* z, float* y) {
  if (f.kind == ActivationKind::linear && z == y) return;
  run(loop_of_kind(f.kind), f, n, z, y);
}

void log1p_span(std::int64_t n, const float* x, float* y) {
  run(loop_of([](const ActivationFn&, Floats v) HWY_ATTR { return log1p_of_fraction(v); }), {}, n,
      x, y);
}

bool map_delta_rows(const ActivationFn& f, std::int64_t rows, std::int64_t n, std::int64_t stride,
                    const float* saved, float* delta) {
  const DeltaLoop loop = delta_loop_of_fn(f);
  const std::int64_t left = n % lanes, whole = n - left;
  bool finite = true;
  for (std::int64_t row = 0; row < rows; ++row, saved += stride, delta += stride) {
    finite &= loop(f, whole, saved, delta);
    if (left == 0) continue;
    float last_saved[lanes] = {}, last_delta[lanes] = {};
    std::copy_n(saved + whole, left, last_saved);
    std::copy_n(delta + whole, left, last_delta);
    finite &= loop(f, lanes, last_saved, last_delta);
    std::copy_n(last_delta, left, delta + whole);
  }
  return finite;
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(map_span);
HWY_EXPORT(map_delta_rows);
HWY_EXPORT(log1p_span);

// Several threads may.
void clear(bool& flag) noexcept {
  std::atomic_ref<bool>(flag).store(false, std::memory_order_relaxed);
}

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

void apply_derivative(const Derivative& f, std::int64_t rows, std::int64_t n, std::int64_t stride,
                      const float* gradient, float* delta) noexcept {
  const float* saved = f.saved + (delta - gradient);
  const bool finite =
      HWY_DYNAMIC_DISPATCH(map_delta_rows)(f.activation, rows, n, stride, saved, delta);
  if (!finite) clear(*f.finite);
}

void exp_span(std::int64_t n, const float* x, float* y) noexcept {
  activate_span({.kind = ActivationKind::exponential}, n, x, y);
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
  bool finite = true;
  if (works_along_rows(f.kind)) {
    const bool plain = f.kind == ActivationKind::softmax;
    const auto run = plain ? softmax_rows_backward : log_softmax_rows_backward;
    workers.for_range(rows, (plain ? 0.6 : 1.5) * static_cast<double>(cols),
                      [&](std::int64_t begin, std::int64_t end) {
                        float* d = delta + begin * cols;
                        if (!finite_span((end - begin) * cols, d)) clear(finite);
                        run(end - begin, cols, saved + begin * cols, d, d);
                      });
    return finite;
  }
  const Derivative derivative{f, saved, &finite};
  workers.for_range(rows * cols, derivative_needs_input(f) ? work_of(f.kind) : 0.3,
                    [&](std::int64_t begin, std::int64_t end) {
                      const std::int64_t n = end - begin;
                      apply_derivative(derivative, 1, n, n, delta, delta + begin);
                    });
  return finite;
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
