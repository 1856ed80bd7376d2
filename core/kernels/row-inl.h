// Internal to core/kernels: rows of numbers, a register at a time, and sums over them that every
// target adds in the same order. Compiled once for each of Highway's targets, so the include guard
// is one for each.
#if defined(MINNOW_CORE_KERNELS_ROW_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_ROW_INL_H_
#undef MINNOW_CORE_KERNELS_ROW_INL_H_
#else
#define MINNOW_CORE_KERNELS_ROW_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "math-inl.h"
#include "tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

/// A sum over a row has 16 parts, whatever the width of a register.
constexpr int parts = 16;
constexpr int width = static_cast<int>(hn::MaxLanes(FloatTag()));
constexpr int vectors = parts / width;

using DoubleTag = hn::ScalableTag<double>;
using Doubles = hn::Vec<DoubleTag>;
constexpr int double_width = static_cast<int>(hn::MaxLanes(DoubleTag()));
constexpr int double_vectors = parts / double_width;

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE double sum_of_lanes(DoubleTag, Doubles v) { return hn::GetLane(v); }
#else
template <class D>
HWY_INLINE double sum_of_lanes(D, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(D()) == 1) {
    return hn::GetLane(v);
  } else {
    const hn::Half<D> half;
    return sum_of_lanes(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}
#endif

/// The v-th register of 16 numbers as doubles, in one or two registers from out[0] on.
HWY_INLINE void promote(Floats x, Doubles* out) {
#if HWY_TARGET == HWY_SCALAR
  out[0] = hn::PromoteTo(DoubleTag(), x);
#else
  const hn::Half<FloatTag> half;
  out[0] = hn::PromoteTo(DoubleTag(), hn::LowerHalf(half, x));
  out[1] = hn::PromoteTo(DoubleTag(), hn::UpperHalf(half, x));
#endif
}
constexpr int halves = width / double_width;  // registers of doubles that a register makes

/// A sum of doubles: each part is added to the one 8 behind it, those to the ones 4 behind, ...
struct DoubleSum {
  Doubles part[double_vectors];

  HWY_INLINE DoubleSum() {
    unrolled<double_vectors>([&](auto i) HWY_ATTR { part[i] = hn::Zero(DoubleTag()); });
  }
  /// To the v-th register of 16 numbers.
  template <class I>
  HWY_INLINE void add(I v, Floats x) {
    Doubles wide[halves];
    promote(x, wide);
    unrolled<halves>(
        [&](auto h) HWY_ATTR { part[v * halves + h] = hn::Add(part[v * halves + h], wide[h]); });
  }
  HWY_INLINE double total() const {
    Doubles sum[double_vectors];
    unrolled<double_vectors>([&](auto i) HWY_ATTR { sum[i] = part[i]; });
    for (int half = double_vectors / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) sum[i] = hn::Add(sum[i], sum[i + half]);
    }
    return sum_of_lanes(DoubleTag(), sum[0]);
  }
};

/// The same, but for the parts, which are floats.
struct RowSum {
  Floats part[vectors];

  HWY_INLINE RowSum() {
    unrolled<vectors>([&](auto v) HWY_ATTR { part[v] = hn::Zero(FloatTag()); });
  }
  template <class I>
  HWY_INLINE void add(I v, Floats x) {
    part[v] = hn::Add(part[v], x);
  }
  HWY_INLINE double total() const {
    DoubleSum sum;
    unrolled<vectors>([&](auto v) HWY_ATTR { promote(part[v], sum.part + v * halves); });
    return sum.total();
  }
};

/// f(v, i, count) for every register: the v-th of its 16 numbers, from the i-th on, of which
/// `count` are among the n.
template <class F>
HWY_INLINE void for_registers(std::int64_t n, F&& f) {
  for (std::int64_t i = 0; i < n; i += parts) {
    unrolled<vectors>([&](auto v) HWY_ATTR {
      const std::int64_t at = i + v * width;
      if (at < n) f(v, at, std::min<std::int64_t>(width, n - at));
    });
  }
}

/// The instructions before AVX2 cannot mask: there a copy stands in for the last few numbers.
constexpr bool has_masks = HWY_TARGET <= HWY_AVX2;

/// Up to a register of numbers, `otherwise` in lanes without one.
HWY_INLINE Floats load(const float* x, std::int64_t count, Floats otherwise) {
  const FloatTag d;
  if (count == width) return hn::LoadU(d, x);
  if (has_masks) {
    const auto among = hn::FirstN(d, static_cast<std::size_t>(count));
    return hn::IfThenElse(among, hn::MaskedLoad(among, d, x), otherwise);
  }
  float copy[width];
  hn::StoreU(otherwise, d, copy);
  std::copy_n(x, count, copy);
  return hn::LoadU(d, copy);
}

/// The first `count` lanes.
HWY_INLINE void store(Floats v, float* y, std::int64_t count) {
  const FloatTag d;
  if (count == width) return hn::StoreU(v, d, y);
  if (has_masks) return hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(count)), d, y);
  float copy[width];
  hn::StoreU(v, d, copy);
  std::copy_n(copy, count, y);
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
