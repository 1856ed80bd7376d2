#include <algorithm>
#include <atomic>
#include <bit>

#include "core/kernels/elementwise.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

bool all_finite(std::int64_t n, const float* __restrict x) {
  constexpr std::uint32_t exponent = 0x7F800000U;  // all of it set: infinite or NaN
  std::uint32_t bad = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool special = (std::bit_cast<std::uint32_t>(x[i]) & exponent) == exponent;
    bad |= special ? 1U : 0U;
  }
  return bad == 0;
}

}  // namespace

bool all_finite(const Workers& workers, std::int64_t n, const float* x) {
  constexpr std::int64_t block = 4096;  // looked at before asking whether to go on
  std::atomic<bool> good = true;
  workers.for_range(n, 0.15, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end && good.load(std::memory_order_relaxed); i += block) {
      if (!all_finite(std::min(block, end - i), x + i)) {
        good.store(false, std::memory_order_relaxed);
      }
    }
  });
  return good.load();
}

}  // namespace minnow::kernels
