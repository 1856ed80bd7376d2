#include <algorithm>
#include <array>

#include "core/kernels/elementwise.h"
#include "core/parallel.h"
#include "core/rng.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/dropout.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

// Number i's draw is word i % 4 of the block with the counter (i / 4, step).
constexpr std::int64_t lanes = HWY_LANES(float);
constexpr std::int64_t draws = 4 * lanes;

std::uint32_t low_half(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
std::uint32_t high_half(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); }

#if HWY_TARGET == HWY_SCALAR
void draw(const NoiseKey& noise, std::int64_t block, std::uint32_t* words) {
  const auto place = static_cast<std::uint64_t>(block);
  const auto drawn = philox4x32(
      {low_half(place), high_half(place), low_half(noise.step), high_half(noise.step)}, noise.key);
  std::copy(drawn.begin(), drawn.end(), words);
}
#else
using D = hn::ScalableTag<std::uint32_t>;
using V = hn::Vec<D>;

struct Products {
  V high, low;
};

// The whole products of 32-bit numbers, halves apart.
HWY_INLINE Products multiply(V a, V b) {
  const D d;
  const hn::RepartitionToWide<D> wide;
  const auto even = hn::MulEven(a, b);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), b);
  return {hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even))),
          hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even))};
}

// philox4x32 (core/rng.h) of `lanes` blocks at once, each block's words beside one another.
HWY_INLINE void draw(const NoiseKey& noise, std::int64_t block, std::uint32_t* words) {
  const D d;
  const auto first = static_cast<std::uint64_t>(block);
  V c0 = hn::Add(hn::Iota(d, 0), hn::Set(d, low_half(first)));
  const auto carried = hn::VecFromMask(d, hn::Lt(c0, hn::Set(d, low_half(first))));
  V c1 = hn::Sub(hn::Set(d, high_half(first)), carried);
  V c2 = hn::Set(d, low_half(noise.step)), c3 = hn::Set(d, high_half(noise.step));
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
  hn::StoreInterleaved4(c0, c1, c2, c3, d, words);
}
#endif

}  // namespace

void drop(Span blocks, std::int64_t n, float rate, const NoiseKey& noise, const float* x,
          float* y) {
  const float scale = 1 / (1 - rate);
  for (std::int64_t b = blocks.begin; b < blocks.end; b += lanes) {
    std::uint32_t words[draws];
    draw(noise, b, words);
    const std::int64_t first = 4 * b, end = std::min(n, 4 * blocks.end);
    const auto keep = [&](std::int64_t i) HWY_ATTR {
      // 24 bits: as an int they convert in one instruction.
      const float uniform = static_cast<float>(static_cast<std::int32_t>(words[i] >> 8)) * 0x1p-24F;
      const float kept = x[first + i] * scale;
      y[first + i] = uniform >= rate ? kept : 0.0F;
    };
    if (end - first >= draws) {
      for (std::int64_t i = 0; i < draws; ++i) keep(i);
    } else {
      for (std::int64_t i = 0; i < end - first; ++i) keep(i);
    }
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(drop);

void dropout(const Workers& workers, std::int64_t n, float rate, const NoiseKey& noise,
             const float* x, float* y) {
  workers.for_range((n + 3) / 4, 3, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(drop)({begin, end}, n, rate, noise, x, y);
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
