#include <algorithm>

#include "core/kernels/elementwise.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/dropout.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

void drop(Span blocks, std::int64_t n, float rate, const NoiseKey& noise, const float* x,
          float* y) {
  const float scale = 1 / (1 - rate);
  for (std::int64_t b = blocks.begin; b < blocks.end; b += lanes) {
    std::uint32_t words[draws];
    const Draw drawn = draw(noise, b);
    store_in_turn(drawn.a, drawn.b, drawn.c, drawn.d, hn::ScalableTag<std::uint32_t>(), words);
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
