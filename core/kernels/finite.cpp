#include <algorithm>
#include <atomic>

#include "core/kernels/elementwise.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/finite.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 0 x is 0 for every finite x, else NaN, and NaN stays in a sum.
bool block_is_finite(std::int64_t n, const float* HWY_RESTRICT x) {
  const hn::ScalableTag<float> d;
  constexpr std::int64_t lanes = HWY_LANES(float);
  const auto zero = hn::Zero(d);
  auto a = zero, b = zero;
  std::int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    a = hn::MulAdd(zero, hn::LoadU(d, x + i), a);
    b = hn::MulAdd(zero, hn::LoadU(d, x + i + lanes), b);
  }
  float rest = 0;
  for (; i < n; ++i) rest += 0 * x[i];
  return rest == 0 && hn::AllTrue(d, hn::Eq(hn::Add(a, b), zero));
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(block_is_finite);

bool finite_span(std::int64_t n, const float* x) noexcept {
  return HWY_DYNAMIC_DISPATCH(block_is_finite)(n, x);
}

bool all_finite(const Workers& workers, std::int64_t n, const float* x) {
  constexpr std::int64_t block = 4096;  // looked at before asking whether to go on
  std::atomic<bool> good = true;
  workers.for_range(n, 0.05, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end && good.load(std::memory_order_relaxed); i += block) {
      if (!finite_span(std::min(block, end - i), x + i)) {
        good.store(false, std::memory_order_relaxed);
      }
    }
  });
  return good.load();
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
