#include <algorithm>
#include <atomic>

#include "core/kernels/elementwise.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/finite.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/finite-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

bool block_is_finite(std::int64_t n, const float* HWY_RESTRICT x) {
  FiniteCheck check;
  std::int64_t i = 0;
  for (; i + FiniteCheck::step <= n; i += FiniteCheck::step) check.look_at_step(x + i);
  for (; i < n; ++i) check.look_at(x[i]);
  return check.finite();
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
  // Half of the numbers are another thread's, and come from its cache.
  constexpr double work = 0.15;
  workers.for_range(n, work, [&](std::int64_t begin, std::int64_t end) {
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
