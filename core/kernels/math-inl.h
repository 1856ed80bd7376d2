// Internal to core/kernels: functions of single numbers on whole registers. Compiled once for each
// of Highway's targets, so the include guard is one for each.
#if defined(MINNOW_CORE_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_MATH_INL_H_
#undef MINNOW_CORE_KERNELS_MATH_INL_H_
#else
#define MINNOW_CORE_KERNELS_MATH_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

using FloatTag = hwy::HWY_NAMESPACE::ScalableTag<float>;
using Floats = hwy::HWY_NAMESPACE::Vec<FloatTag>;

HWY_INLINE Floats all(float v) { return hwy::HWY_NAMESPACE::Set(FloatTag(), v); }

/// x = n log 2 + r with whole n and |r| <= log(2) / 2; `tail` is e^r - 1, to about 2^-26.
struct Reduced {
  Floats shifted;  // its last bits are n + shift
  Floats tail;
};

/// In its binade floats are the whole numbers: a sum with it is rounded to one.
constexpr float whole_numbers = 12582912.0F;  // 3 2^22

/// For |x| < 2^8; NaN has a tail of NaN.
template <int shift>
HWY_INLINE Reduced reduce(Floats x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats shifted = hn::MulAdd(x, all(1.44269504F), all(whole_numbers + shift));
  const Floats f = hn::Sub(shifted, all(whole_numbers + shift));
  // log 2 in two parts; the first has so few digits that its product is exact.
  Floats r = hn::MulAdd(f, all(-0.693359375F), x);
  r = hn::MulAdd(f, all(2.12194440e-4F), r);
  // (e^r - 1 - r) / r^2, interpolated at Chebyshev's nodes: off by 1.5e-9 at most.
  Floats q = hn::MulAdd(r, all(1.98919806e-4F), all(1.39345415e-3F));
  q = hn::MulAdd(r, q, all(8.33331048e-3F));
  q = hn::MulAdd(r, q, all(4.16664556e-2F));
  q = hn::MulAdd(r, q, all(1.66666672e-1F));
  q = hn::MulAdd(r, q, all(0.5F));
  return {shifted, hn::MulAdd(hn::Mul(r, r), q, r)};
}

/// The power of two whose exponent is the last 8 bits of v.
HWY_INLINE Floats with_exponent(Floats v) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<FloatTag> d;
  return hn::BitCast(FloatTag(), hn::ShiftLeft<23>(hn::BitCast(d, v)));
}

/// v, and NaN of NaN.
HWY_INLINE Floats unless_nan(Floats x, Floats v) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::IfThenElse(hn::Eq(x, x), v, x);
}

/// The larger of x and a number, and NaN of NaN.
HWY_INLINE Floats at_least(Floats x, float low) {
  namespace hn = hwy::HWY_NAMESPACE;
  return hn::IfThenElse(hn::Lt(x, all(low)), all(low), x);
}

/// -|x|
HWY_INLINE Floats minus_abs(Floats x) { return hwy::HWY_NAMESPACE::Or(x, all(-0.0F)); }

/// e^x, also where it is denormal or overflows to infinity.
HWY_INLINE Floats exponential(Floats x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<FloatTag> d;
  const Floats bounded = hn::IfThenElse(hn::Gt(x, all(89)), all(89), at_least(x, -104));
  const Reduced e = reduce<0>(bounded);
  const auto n = hn::Sub(hn::BitCast(d, e.shifted), hn::BitCast(d, all(whole_numbers)));
  // By halves: 2^n itself may be out of range.
  const auto half = hn::ShiftRight<1>(n), bias = hn::Set(d, 127);
  const Floats a = hn::BitCast(FloatTag(), hn::ShiftLeft<23>(hn::Add(half, bias)));
  const Floats b = hn::BitCast(FloatTag(), hn::ShiftLeft<23>(hn::Add(hn::Sub(n, half), bias)));
  return hn::Mul(hn::MulAdd(e.tail, a, a), b);
}

/// e^x for x <= 0, also where it is denormal.
HWY_INLINE Floats exponential_of_negative(Floats x) {
  namespace hn = hwy::HWY_NAMESPACE;
  // 2^n may be out of range, 2^(n + 64) is not.
  const Reduced e = reduce<127 + 64>(at_least(x, -104));
  const Floats power = with_exponent(e.shifted);
  return hn::Mul(hn::MulAdd(e.tail, power, power), all(0x1p-64F));
}

/// e^x - 1 for x <= 0, without the loss of digits near 0.
HWY_INLINE Floats expm1_of_negative(Floats x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Reduced e = reduce<127>(at_least(x, -40));
  const Floats power = with_exponent(e.shifted);
  return hn::MulAdd(e.tail, power, hn::Sub(power, all(1)));
}

/// log(1 + e) for 0 <= e <= 1.
HWY_INLINE Floats log1p_of_fraction(Floats e) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats u = hn::Add(all(1), e);
  const Floats lost = hn::Sub(e, hn::Sub(u, all(1)));  // in the rounding of u
  const auto above = hn::Gt(u, all(1.41421356F));
  const Floats m = hn::IfThenElse(above, hn::Mul(u, all(0.5F)), u);
  // log m = 2 atanh(s) = 2 s + s^3 (2/3 + 2/5 s^2 + ...)
  const Floats s = hn::Div(hn::Sub(m, all(1)), hn::Add(m, all(1)));
  const Floats s2 = hn::Mul(s, s);
  Floats q = hn::MulAdd(s2, all(2.85503983e-1F), all(4.00001258e-1F));
  q = hn::MulAdd(s2, q, all(6.66666687e-1F));
  const Floats log_m = hn::MulAdd(hn::Mul(s, s2), q, hn::Add(s, s));
  const Floats log_u = hn::Add(log_m, hn::IfThenElseZero(above, all(0.693147181F)));
  return hn::Add(log_u, hn::Div(lost, u));
}

/// log x for 2^-126 <= x < infinity.
HWY_INLINE Floats logarithm(Floats x) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<FloatTag> d;
  // x = 2^n m with m from sqrt(1/2) to sqrt 2, whose bits are taken for those of 1 / sqrt 2.
  const auto apart = hn::Sub(hn::BitCast(d, x), hn::Set(d, 0x3f3504f3));
  const auto n = hn::ShiftRight<23>(apart);
  const Floats m = hn::BitCast(
      FloatTag(), hn::Add(hn::And(apart, hn::Set(d, 0x7fffff)), hn::Set(d, 0x3f3504f3)));
  const Floats s = hn::Div(hn::Sub(m, all(1)), hn::Add(m, all(1)));
  const Floats s2 = hn::Mul(s, s);
  Floats q = hn::MulAdd(s2, all(2.85503983e-1F), all(4.00001258e-1F));
  q = hn::MulAdd(s2, q, all(6.66666687e-1F));
  const Floats log_m = hn::MulAdd(hn::Mul(s, s2), q, hn::Add(s, s));
  return hn::MulAdd(hn::ConvertTo(FloatTag(), n), all(0.693147181F), log_m);
}

/// cos and sin of 2 pi t, |t| <= 1/2.
struct CosSin {
  Floats cos, sin;
};
HWY_INLINE CosSin cos_sin_of_turn(Floats t) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::RebindToSigned<FloatTag> d;
  // The nearest quarter turn, and what is left of it: an angle of at most pi / 4.
  const auto quarter = hn::NearestInt(hn::Mul(t, all(4)));
  const Floats f =
      hn::Mul(hn::MulAdd(t, all(4), hn::Neg(hn::ConvertTo(FloatTag(), quarter))), all(1.57079633F));
  const Floats f2 = hn::Mul(f, f);
  Floats c = hn::MulAdd(f2, all(2.48015873e-5F), all(-1.38888889e-3F));
  c = hn::MulAdd(f2, c, all(4.16666667e-2F));
  c = hn::MulAdd(f2, c, all(-0.5F));
  c = hn::MulAdd(f2, c, all(1));
  Floats s = hn::MulAdd(f2, all(-1.98412698e-4F), all(8.33333333e-3F));
  s = hn::MulAdd(f2, s, all(-1.66666667e-1F));
  s = hn::MulAdd(hn::Mul(f2, f), s, f);
  const auto one = hn::Set(d, 1), two = hn::Set(d, 2);
  const auto odd = hn::MaskFromVec(
      hn::BitCast(FloatTag(), hn::VecFromMask(d, hn::Eq(hn::And(quarter, one), one))));
  const Floats minus = hn::BitCast(FloatTag(), hn::Set(d, static_cast<std::int32_t>(0x80000000)));
  const auto negative = [&](auto place) HWY_ATTR {
    return hn::BitCast(FloatTag(), hn::VecFromMask(d, hn::Eq(hn::And(place, two), two)));
  };
  const Floats cosine = hn::IfThenElse(odd, s, c), sine = hn::IfThenElse(odd, c, s);
  return {hn::Xor(cosine, hn::And(minus, negative(hn::Add(quarter, one)))),
          hn::Xor(sine, hn::And(minus, negative(quarter)))};
}

/// 1 / (1 + e^-z); exp only of negative numbers, so without overflow on either side.
HWY_INLINE Floats sigmoid(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats e = exponential_of_negative(minus_abs(z));
  const Floats top = hn::IfThenElse(hn::Lt(z, all(0)), e, all(1));
  return hn::Div(top, hn::Add(all(1), e));
}

HWY_INLINE Floats tanh(Floats z) {  // -t / (2 + t) with t = e^(-2 |z|) - 1
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats t = expm1_of_negative(minus_abs(hn::Add(z, z)));
  return hn::CopySign(hn::Div(t, hn::Add(all(2), t)), z);
}

/// log(1 + e^z) = max(z, 0) + log(1 + e^-|z|)
HWY_INLINE Floats softplus(Floats z) {
  namespace hn = hwy::HWY_NAMESPACE;
  const Floats e = exponential_of_negative(minus_abs(z));
  return unless_nan(z, hn::Add(hn::Max(z, all(0)), log1p_of_fraction(e)));
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
