#include <algorithm>

#include "core/kernels/elementwise.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/gaussian_noise.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/math-inl.h"
#include "core/kernels/philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// 24 bits of a word in [0, 1).
HWY_INLINE Floats uniform(Words words) {
  const hn::RebindToSigned<FloatTag> d;
  return hn::Mul(hn::ConvertTo(FloatTag(), hn::BitCast(d, hn::ShiftRight<8>(words))),
                 all(0x1p-24F));
}

// Two normal numbers of two words: sqrt(-2 log u) at an angle of 2 pi v.
HWY_INLINE CosSin normals(Words radius, Words angle, float stddev) {
  const Floats u = hn::Add(uniform(radius), all(0x1p-25F));  // never 0
  const Floats r = hn::Mul(hn::Sqrt(hn::Mul(logarithm(u), all(-2))), all(stddev));
  const CosSin turn = cos_sin_of_turn(hn::Sub(uniform(angle), all(0.5F)));
  return {hn::Mul(r, turn.cos), hn::Mul(r, turn.sin)};
}

}  // namespace

void add_normals(Span blocks, std::int64_t n, float stddev, const NoiseKey& noise, const float* x,
                 float* y) {
  const std::int64_t end = std::min(n, 4 * blocks.end);
  for (std::int64_t b = blocks.begin; b < blocks.end; b += lanes) {
    const Draw drawn = draw(noise, b);
    const CosSin first = normals(drawn.a, drawn.b, stddev);
    const CosSin second = normals(drawn.c, drawn.d, stddev);
    float numbers[draws];
    store_in_turn(first.cos, first.sin, second.cos, second.sin, FloatTag(), numbers);
    const std::int64_t at = 4 * b, some = std::min(draws, end - at);
    for (std::int64_t i = 0; i < some; ++i) y[at + i] = x[at + i] + numbers[i];
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(add_normals);

void gaussian_noise(const Workers& workers, std::int64_t n, float stddev, const NoiseKey& noise,
                    const float* x, float* y) {
  workers.for_range((n + 3) / 4, 8, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(add_normals)({begin, end}, n, stddev, noise, x, y);
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
