// Internal to core/kernels: random words by the register. Compiled once for each of Highway's
// targets, so the include guard is one for each.
#if defined(MINNOW_CORE_KERNELS_PHILOX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_PHILOX_INL_H_
#undef MINNOW_CORE_KERNELS_PHILOX_INL_H_
#else
#define MINNOW_CORE_KERNELS_PHILOX_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "../rng.h"
#include "elementwise.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Number i draws word i % 4 of the block with the counter (i / 4, step).
constexpr std::int64_t lanes = HWY_LANES(float);
constexpr std::int64_t draws = 4 * lanes;

inline std::uint32_t low_half(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
inline std::uint32_t high_half(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); }

using Words = hn::Vec<hn::ScalableTag<std::uint32_t>>;

/// The words of `lanes` blocks from `block` on: word k of block i in lane i of the k-th.
struct Draw {
  Words a, b, c, d;
};

#if HWY_TARGET == HWY_SCALAR
inline Draw draw(const NoiseKey& noise, std::int64_t block) {
  const hn::ScalableTag<std::uint32_t> d;
  const auto place = static_cast<std::uint64_t>(block);
  const auto drawn = philox4x32(
      {low_half(place), high_half(place), low_half(noise.step), high_half(noise.step)}, noise.key);
  return {hn::Set(d, drawn[0]), hn::Set(d, drawn[1]), hn::Set(d, drawn[2]), hn::Set(d, drawn[3])};
}

template <class D, class V>
HWY_INLINE void store_in_turn(V a, V b, V c, V d, D tag, hn::TFromD<D>* to) {
  const V all[] = {a, b, c, d};
  for (std::size_t i = 0; i < 4; ++i) hn::StoreU(all[i], tag, to + i);
}
#else
struct Products {
  Words high, low;
};

// The whole products of 32-bit numbers, halves apart.
HWY_INLINE Products multiply(Words a, Words b) {
  const hn::ScalableTag<std::uint32_t> d;
  const hn::RepartitionToWide<hn::ScalableTag<std::uint32_t>> wide;
  const auto even = hn::MulEven(a, b);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), b);
  return {hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even))),
          hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even))};
}

// philox4x32 (core/rng.h), by the register.
HWY_INLINE Draw draw(const NoiseKey& noise, std::int64_t block) {
  const hn::ScalableTag<std::uint32_t> d;
  const auto first = static_cast<std::uint64_t>(block);
  Words c0 = hn::Add(hn::Iota(d, 0), hn::Set(d, low_half(first)));
  const auto carried = hn::VecFromMask(d, hn::Lt(c0, hn::Set(d, low_half(first))));
  Words c1 = hn::Sub(hn::Set(d, high_half(first)), carried);
  Words c2 = hn::Set(d, low_half(noise.step)), c3 = hn::Set(d, high_half(noise.step));
  std::uint32_t key_0 = noise.key[0], key_1 = noise.key[1];
  for (int round = 0; round < 10; ++round) {
    const Products p0 = multiply(c0, hn::Set(d, philox_multipliers[0]));
    const Products p1 = multiply(c2, hn::Set(d, philox_multipliers[1]));
    c0 = hn::Xor(hn::Xor(p1.high, c1), hn::Set(d, key_0));
    c2 = hn::Xor(hn::Xor(p0.high, c3), hn::Set(d, key_1));
    c1 = p1.low;
    c3 = p0.low;
    key_0 += philox_increments[0];
    key_1 += philox_increments[1];
  }
  return {c0, c1, c2, c3};
}

/// The lanes of four registers in turn: a number of each, then the next of each.
template <class D, class V>
HWY_INLINE void store_in_turn(V a, V b, V c, V d, D tag, hn::TFromD<D>* to) {
  hn::StoreInterleaved4(a, b, c, d, tag, to);
}
#endif

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
