// Internal to core/kernels: registers of floats, whole ones and parts. Compiled once for each of
// Highway's targets, so the include guard is one for each.
#if defined(MINNOW_CORE_KERNELS_REGISTERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_REGISTERS_INL_H_
#undef MINNOW_CORE_KERNELS_REGISTERS_INL_H_
#else
#define MINNOW_CORE_KERNELS_REGISTERS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <type_traits>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using Floats = hn::Vec<FloatTag>;

/// Floats in a register.
constexpr int lanes = HWY_LANES(float);

/// Whether there are 32 registers, or 16.
constexpr bool has_32_registers = HWY_TARGET == HWY_AVX3 || HWY_ARCH_ARM_A64;

/// A number that the compiler knows, as an argument.
template <int n>
using Int = std::integral_constant<int, n>;

template <class F, int... i>
HWY_INLINE void unrolled(F&& f, std::integer_sequence<int, i...>) {
  (f(Int<i>{}), ...);
}
/// f(0) ... f(n - 1), written out: arrays that f indexes can live in registers.
template <int n, class F>
HWY_INLINE void unrolled(F&& f) {
  unrolled(f, std::make_integer_sequence<int, n>{});
}

/// A pointer that the compiler does not put together with an index again: of an instruction that
/// computes with what lies there and has an index in its address, Intel's processors make two.
template <class T>
HWY_INLINE T* alone(T* p) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  asm("" : "+r"(p));
#endif
  return p;
}

/// What is not needed for a while and waits in memory: g++ would take a vector register for it.
template <class T>
HWY_INLINE void in_memory([[maybe_unused]] T& v) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  asm("" : "+m"(v));
#endif
}

/// Numbers in a register of their own: the compiler would rather load them anew for each use, or
/// take another register for a sum with each multiply-add and then run out of them.
HWY_INLINE Floats in_register(Floats v) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  asm("" : "+v"(v.raw));
#endif
  return v;
}

/// Whether instructions can load a part of a register: those before AVX2 cannot.
constexpr bool loads_parts = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2;
/// Whether they can store one and take no longer: AVX2's do on many processors.
constexpr bool stores_parts = HWY_TARGET == HWY_AVX3;

/// The first numbers of a register to and from memory, where no instruction does it.
HWY_NOINLINE inline Floats load_some(const float* from, int count) {
  float copy[lanes] = {};
  for (int i = 0; i < count; ++i) copy[i] = from[i];
  return hn::LoadU(FloatTag(), copy);
}
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void store_first(Floats v, int count, float* to) {
  if (count > 0) hn::StoreU(v, FloatTag(), to);
}
#else
template <class V>
HWY_INLINE void store_first(V v, int count, float* to) {
  const hn::DFromV<V> d;
  constexpr int half = hn::MaxLanes(d) / 2;
  if constexpr (half == 0) {
    if (count > 0) hn::StoreU(v, d, to);
  } else {
    const hn::Half<decltype(d)> h;
    if (count < half) return store_first(hn::LowerHalf(h, v), count, to);
    hn::StoreU(hn::LowerHalf(h, v), h, to);
    store_first(hn::UpperHalf(h, v), count - half, to + half);
  }
}
#endif
HWY_NOINLINE inline void store_some(Floats v, int count, float* to) { store_first(v, count, to); }

/// max(floor, v), and NaN of NaN.
HWY_INLINE Floats at_least(Floats floor, Floats v) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4
  return hn::Max(floor, v);  // of two numbers one of which is NaN, maxps gives the second
#else
  return hn::IfThenElse(hn::Lt(v, floor), floor, v);
#endif
}

#if HWY_TARGET != HWY_SCALAR
using FourTag = hn::FixedTag<float, 4>;

/// The sum of a register's halves, and so on down to four numbers.
template <class V>
HWY_INLINE hn::Vec<FourTag> fold_to_four(V v) {
  const hn::DFromV<V> d;
  if constexpr (hn::MaxLanes(d) == 4) {
    return v;
  } else {
    const hn::Half<decltype(d)> half;
    return fold_to_four(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// The sums of the four numbers of each of four registers.
HWY_INLINE hn::Vec<FourTag> sums_of_four(const hn::Vec<FourTag>* v) {
  const FourTag d;
  const auto a = hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1]));
  const auto b = hn::Add(hn::InterleaveLower(d, v[2], v[3]), hn::InterleaveUpper(d, v[2], v[3]));
  return hn::Add(hn::ConcatLowerLower(d, b, a), hn::ConcatUpperUpper(d, b, a));
}
#endif

/// The first `n` of a register's numbers, none beyond which are touched in memory.
struct Partial {
  explicit HWY_INLINE Partial(std::int64_t n)
      : count(static_cast<int>(n < 0       ? 0
                               : n < lanes ? n
                                           : lanes)),
        mask(hn::FirstN(FloatTag(), static_cast<std::size_t>(count))) {}

  /// 0 in the other lanes.
  HWY_INLINE Floats load(const float* from) const {
    if constexpr (loads_parts) {
      return hn::MaskedLoad(mask, FloatTag(), from);
    } else {
      return count == lanes ? hn::LoadU(FloatTag(), from) : load_some(from, count);
    }
  }
  HWY_INLINE void store(Floats v, float* to) const {
    if constexpr (stores_parts) {
      hn::BlendedStore(v, mask, FloatTag(), to);
    } else {
      if (count == lanes) return hn::StoreU(v, FloatTag(), to);
      store_some(v, count, to);
    }
  }

  int count;
  hn::Mask<FloatTag> mask;
};

/// Whole registers, loaded and stored as Partial does it for parts.
struct Whole {
  HWY_INLINE Floats load(const float* from) const { return hn::LoadU(FloatTag(), from); }
  HWY_INLINE void store(Floats v, float* to) const { hn::StoreU(v, FloatTag(), to); }
};

/// The same, but for the first `n` numbers, which stay in memory as they are.
struct Rest : Whole {
  explicit HWY_INLINE Rest(std::int64_t n)
      : there(hn::FirstN(FloatTag(), static_cast<std::size_t>(n))) {}
  HWY_INLINE void store(Floats v, float* to) const {
    Whole::store(hn::IfThenElse(there, load(to), v), to);
  }

  hn::Mask<FloatTag> there;
};

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
