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
#include "registers-inl.h"

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

/// f(v, i, count) for every register: the v-th of its 16 numbers, from the i-th on, of which
/// `count` are among the n.
template <class F>
HWY_INLINE void for_registers(std::int64_t n, F&& f) {
#if HWY_TARGET == HWY_SCALAR
  for (std::int64_t i = 0; i < n; ++i) f(static_cast<int>(i % parts), i, Int<1>{});
#else
  std::int64_t i = 0;
  for (; i + parts <= n; i += parts) {
    unrolled<vectors>([&](auto v) HWY_ATTR { f(v, i + v * width, Int<width>{}); });
  }
  if (i == n) return;
  unrolled<vectors>([&](auto v) HWY_ATTR {
    const std::int64_t at = i + v * width;
    if (at < n) f(v, at, std::min<std::int64_t>(width, n - at));
  });
#endif
}

/// The instructions before AVX2 cannot mask: there a copy stands in for the last few numbers.
constexpr bool has_masks = HWY_TARGET <= HWY_AVX2;

// Called, not inlined: rows end in up to 15 numbers in several places.
HWY_NOINLINE inline Floats load_copied(const float* x, std::int64_t count, Floats otherwise) {
  float copy[width];
  hn::StoreU(otherwise, FloatTag(), copy);
  std::copy_n(x, count, copy);
  return hn::LoadU(FloatTag(), copy);
}

/// Up to a register of numbers, `otherwise` in lanes without one.
HWY_INLINE Floats load(const float* x, std::int64_t count, Floats otherwise) {
  const FloatTag d;
  if (count == width) return hn::LoadU(d, x);
  if constexpr (!has_masks) return load_copied(x, count, otherwise);
  const auto among = hn::FirstN(d, static_cast<std::size_t>(count));
  return hn::IfThenElse(among, hn::MaskedLoad(among, d, x), otherwise);
}
HWY_INLINE Floats load(const float* x, Int<width>, Floats) { return hn::LoadU(FloatTag(), x); }

/// The first `count` lanes, 0 in the others.
template <class Count>
HWY_INLINE Floats among(Floats v, Count count) {
  if (count == width) return v;
  return hn::IfThenElseZero(hn::FirstN(FloatTag(), static_cast<std::size_t>(count)), v);
}

/// The first `count` lanes.
HWY_INLINE void store(Floats v, float* y, std::int64_t count) {
  const FloatTag d;
  if (count == width) return hn::StoreU(v, d, y);
  if constexpr (!has_masks) return store_some(v, static_cast<int>(count), y);
  hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(count)), d, y);
}
HWY_INLINE void store(Floats v, float* y, Int<width>) { hn::StoreU(v, FloatTag(), y); }

/// `count` sums of numbers, in parts that are floats.
template <int count>
struct RowSums {
  Floats part[count][vectors];

  HWY_INLINE RowSums() {
    unrolled<count>([&](auto s) HWY_ATTR {
      unrolled<vectors>([&](auto v) HWY_ATTR { part[s][v] = hn::Zero(FloatTag()); });
    });
  }
  /// total[s] += sum s. Parts join as in DoubleSum, four sums at a time: total has room for a
  /// multiple of four.
  HWY_INLINE void add_to(float* total) const {
#if HWY_TARGET == HWY_SCALAR
    for (int s = 0; s < count; ++s) total[s] += hn::GetLane(folded<vectors>(part[s]));
#else
    const FourTag d;
    unrolled<(count + 3) / 4>([&](auto group) HWY_ATTR {
      hn::Vec<FourTag> v[4];
      unrolled<4>([&](auto i) HWY_ATTR {
        constexpr int s = 4 * group + i;
        v[i] = fold_to_four(folded<vectors>(part[s < count ? s : count - 1]));
      });
      float* to = total + 4 * group;
      hn::StoreU(hn::Add(hn::LoadU(d, to), sums_of_four(v)), d, to);
    });
#endif
  }

 private:
  template <int n>
  static HWY_INLINE Floats folded(const Floats* v) {
    if constexpr (n == 1) {
      return v[0];
    } else {
      Floats half[n / 2];
      unrolled<n / 2>([&](auto i) HWY_ATTR { half[i] = hn::Add(v[i], v[i + n / 2]); });
      return folded<n / 2>(half);
    }
  }
};

/// sum[s] = sum s of what terms(part, v, i, count) adds to part[s][v] for every register of a row;
/// sum has room for a multiple of four. What 1,024 numbers make is added up apart: errors stay
/// small in rows of any length.
template <int sums, class F>
HWY_INLINE void sums_of(std::int64_t n, float* sum, F&& terms) {
  constexpr std::int64_t some = 1024;
  std::fill_n(sum, (sums + 3) / 4 * 4, 0.0F);
  for (std::int64_t begin = 0; begin < n; begin += some) {
    RowSums<sums> part;
    for_registers(std::min(some, n - begin), [&](auto v, std::int64_t i, auto count) HWY_ATTR {
      terms(part.part, v, begin + i, count);
    });
    part.add_to(sum);
  }
}

/// f(tag, Int<k>, i) for n numbers of a row: k registers of them from the i-th on, and the last
/// ones each by itself.
template <class F>
HWY_INLINE void for_columns(std::int64_t n, F&& f) {
  constexpr int some = 4;
  std::int64_t i = 0;
  for (; i + some * width <= n; i += some * width) f(FloatTag(), Int<some>{}, i);
  for (; i + width <= n; i += width) f(FloatTag(), Int<1>{}, i);
#if HWY_TARGET != HWY_SCALAR
  for (; i < n; ++i) f(hn::FixedTag<float, 1>(), Int<1>{}, i);
#endif
}

/// Rows at a time: where the sums of one wait, the others go on. What is computed for a row does
/// not depend on it, so targets for old processors save the code.
constexpr int some_rows = has_masks ? 4 : 1;

/// f(Int<rows>, i) for groups of rows from `begin` to `end`, and for each of those that are left.
template <int group, class F>
HWY_INLINE void for_rows(std::int64_t begin, std::int64_t end, F&& f) {
  std::int64_t i = begin;
  for (; i + group <= end; i += group) f(Int<group>{}, i);
  if constexpr (group > 1) {
    for (; i < end; ++i) f(Int<1>{}, i);
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
