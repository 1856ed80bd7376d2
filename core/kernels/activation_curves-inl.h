// Internal to core/kernels: the less common activations and their derivatives on whole registers.
// Compiled once for each of Highway's targets, so the include guard is one for each.
#if defined(MINNOW_CORE_KERNELS_ACTIVATION_CURVES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_ACTIVATION_CURVES_INL_H_
#undef MINNOW_CORE_KERNELS_ACTIVATION_CURVES_INL_H_
#else
#define MINNOW_CORE_KERNELS_ACTIVATION_CURVES_INL_H_
#endif

#include <hwy/highway.h>

#include "activation.h"
#include "math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

// Klambauer et al., "Self-normalizing neural networks", 2017; TensorFlow's digits.
constexpr float selu_scale = 1.0507009873554805F;
constexpr float selu_scale_alpha = 1.7580993408473766F;

HWY_INLINE Floats selu(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats below = hn::Mul(all(selu_scale_alpha), expm1_of_negative(hn::Min(z, all(0))));
  return unless_nan(z, hn::IfThenElse(hn::Gt(z, all(0)), hn::Mul(z, all(selu_scale)), below));
}

HWY_INLINE Floats softsign(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::Div(z, hn::Add(hn::Abs(z), all(1)));
}

HWY_INLINE Floats softsign_derivative(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats d = hn::Add(hn::Abs(z), all(1));
  return hn::Div(all(1), hn::Mul(d, d));
}

// Of negative z by the other root of the same equation: nothing cancels.
HWY_INLINE Floats squareplus(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats size = hn::Abs(z);
  const Floats sum = hn::Add(size, hn::Sqrt(hn::MulAdd(z, z, all(4))));
  return hn::IfThenElse(hn::Lt(z, all(0)), hn::Div(all(2), sum), hn::Mul(sum, all(0.5F)));
}

HWY_INLINE Floats squareplus_derivative(Floats y) {  // y^2 / (y^2 + 1)
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats inverse = hn::Div(all(1), y);
  return hn::Div(all(1), hn::MulAdd(inverse, inverse, all(1)));
}

HWY_INLINE Floats tanh_shrink(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::Sub(z, tanh(z));
}

HWY_INLINE Floats tanh_shrink_derivative(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats t = tanh(z);
  return hn::Mul(t, t);
}

// With e = e^z: tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2). Beyond 20 it is 1.
HWY_INLINE Floats mish(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats e = exponential(hn::Min(z, all(20)));
  const Floats n = hn::Mul(e, hn::Add(e, all(2)));
  return hn::Mul(z, hn::Div(n, hn::Add(n, all(2))));
}

HWY_INLINE Floats mish_derivative(Floats z) {  // t + z (1 - t^2) sigmoid(z)
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats e = exponential(hn::Min(z, all(20)));
  const Floats n = hn::Mul(e, hn::Add(e, all(2)));
  const Floats inverse = hn::Div(all(1), hn::Add(n, all(2)));
  const Floats slope = hn::Mul(hn::Mul(all(4), hn::MulAdd(e, e, e)), hn::Mul(inverse, inverse));
  return hn::MulAdd(z, slope, hn::Mul(n, inverse));
}

// e^(-z^2 / 2) and the normal distribution function.
struct Normal {
  Floats density, cdf;
};

// On the left the function is e^(-a^2 / 2) M(a) with a = -z: 1 + erf would lose all digits there.
// M(a) (a + 5/2), M being Mills' ratio, is a polynomial in (a - 5/2) / (a + 5/2), as Shepherd and
// Laframboise found ("Chebyshev approximation of (1 + 2x) exp(x^2) erfc x", 1981); interpolated at
// Chebyshev's nodes for a up to 14.6: off by 2e-8. From 15 on the density is 0.
HWY_INLINE Normal normal(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<FloatTag> d;
  const Floats a = hn::Min(hn::Abs(z), all(15));
  // The square in two parts (Dekker), as the rounding of one would be 50 units of the exponential.
  const Floats high = hn::BitCast(
      FloatTag(), hn::And(hn::BitCast(d, a), hn::Set(d, static_cast<std::int32_t>(0xfffff000))));
  const Floats low = hn::Sub(a, high), square = hn::Mul(a, a);
  const Floats middle = hn::Mul(hn::Add(high, high), low);
  const Floats rest =
      hn::Add(hn::Add(hn::Sub(hn::Mul(high, high), square), middle), hn::Mul(low, low));
  const Floats rounded = exponential_of_negative(hn::Mul(square, all(-0.5F)));
  const Floats density = hn::MulAdd(rounded, hn::Mul(rest, all(-0.5F)), rounded);
  const Floats inverse = hn::Div(all(1), hn::Add(a, all(2.5F)));
  const Floats t = hn::Mul(hn::Sub(a, all(2.5F)), inverse);
  constexpr float coefficients[] = {
      -1.58304989e-4F, -3.13557161e-4F, 6.83618826e-4F, 2.52580503e-3F,  -1.59968459e-3F,
      -1.63867548e-2F, 9.23553016e-3F,  1.31987035e-1F, -4.33691978e-1F, 7.06656635e-1F};
  Floats q = all(coefficients[0]);
  for (int i = 1; i < 10; ++i) q = hn::MulAdd(q, t, all(coefficients[i]));
  const Floats tail = hn::Mul(density, hn::Mul(q, inverse));
  return {density, hn::IfThenElse(hn::Lt(z, all(0)), tail, hn::Sub(all(1), tail))};
}

HWY_INLINE Floats gelu(Floats z) { return hwy::HWY_NAMESPACE::Mul(z, normal(z).cdf); }

HWY_INLINE Floats gelu_derivative(Floats z) {  // Phi(z) + z e^(-z^2 / 2) / sqrt(2 pi)
  namespace hn = hwy::HWY_NAMESPACE;
  const Normal n = normal(z);
  return hn::MulAdd(hn::Mul(z, all(0.398942280F)), n.density, n.cdf);
}

constexpr float gelu_root = 1.5957691216057308F;  // 2 sqrt(2 / pi)
constexpr float gelu_cubic = 0.044715F;

// Beyond 20 it is z or 0, and its cube might overflow.
HWY_INLINE Floats gelu_tanh_cdf(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats u = hn::Min(hn::Max(z, all(-20)), all(20));
  const Floats cubic = hn::MulAdd(hn::Mul(u, u), all(gelu_root * gelu_cubic), all(gelu_root));
  return unless_nan(z, sigmoid(hn::Mul(u, cubic)));
}

HWY_INLINE Floats gelu_tanh(Floats z) { return hwy::HWY_NAMESPACE::Mul(z, gelu_tanh_cdf(z)); }

// s + z s (1 - s) d(2u)/dz, with e = e^-|2u| and s (1 - s) = e / (1 + e)^2: nothing cancels.
HWY_INLINE Floats gelu_tanh_derivative(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats u = hn::Min(hn::Max(z, all(-20)), all(20)), u2 = hn::Mul(u, u);
  const Floats twice = hn::Mul(u, hn::MulAdd(u2, all(gelu_root * gelu_cubic), all(gelu_root)));
  const Floats e = exponential_of_negative(minus_abs(twice));
  const Floats inverse = hn::Div(all(1), hn::Add(all(1), e));
  const Floats rest = hn::Mul(e, inverse);
  const Floats s = hn::IfThenElse(hn::Lt(twice, all(0)), rest, inverse);
  const Floats slope = hn::MulAdd(u2, all(3 * gelu_root * gelu_cubic), all(gelu_root));
  return unless_nan(z, hn::MulAdd(hn::Mul(u, slope), hn::Mul(rest, inverse), s));
}

// The ones made of straight pieces. A comparison that NaN fails leaves NaN in the sum.

HWY_INLINE Floats bounded(Floats z, float low, float high) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats below_high = hn::IfThenElse(hn::Ge(z, all(high)), all(high), z);
  return hn::IfThenElse(hn::Le(z, all(low)), all(low), below_high);
}

/// v where low < z < high, else 0.
HWY_INLINE Floats within(Floats z, float low, float high, Floats v) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::IfThenElseZero(hn::Gt(z, all(low)), hn::IfThenElseZero(hn::Lt(z, all(high)), v));
}

HWY_INLINE Floats hard_sigmoid(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::Div(bounded(hn::Add(z, all(3)), 0, 6), all(6));
}

HWY_INLINE Floats hard_silu_derivative(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::Add(hard_sigmoid(z), within(z, -3, 3, hn::Div(z, all(6))));
}

/// v where |z| > 1/2 or z is NaN, else 0.
HWY_INLINE Floats beyond_half(Floats z, Floats v) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::IfThenZeroElse(hn::Le(hn::Abs(z), all(0.5F)), v);
}

HWY_INLINE Floats soft_shrink(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats drawn =
      hn::IfThenElse(hn::Gt(z, all(0)), hn::Sub(z, all(0.5F)), hn::Add(z, all(0.5F)));
  return beyond_half(z, drawn);
}

HWY_INLINE Floats sparse_plus(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats above = hn::Add(z, all(1));
  const Floats middle = hn::Mul(all(0.25F), hn::Mul(above, above));
  const Floats right = hn::IfThenElse(hn::Lt(z, all(1)), middle, z);
  return hn::IfThenZeroElse(hn::Le(z, all(-1)), right);
}

/// Also the derivative of sparse_plus.
HWY_INLINE Floats sparse_sigmoid(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::Mul(all(0.5F), hn::Add(bounded(z, -1, 1), all(1)));
}

HWY_INLINE Floats clipped_relu(const ActivationFn& f, Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats threshold = all(f.threshold);
  Floats below = hn::Mul(all(f.slope), hn::Sub(z, threshold));
  if (f.slope == 0) below = all(0);
  const Floats y = hn::IfThenElse(hn::Lt(z, threshold), below, z);
  return hn::IfThenElse(hn::Ge(y, all(f.max_value)), all(f.max_value), y);
}

HWY_INLINE Floats clipped_relu_derivative(const ActivationFn& f, Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats slope = hn::IfThenElse(hn::Gt(z, all(f.threshold)), all(1), all(f.slope));
  return hn::IfThenZeroElse(hn::Ge(z, all(f.max_value)), slope);
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
