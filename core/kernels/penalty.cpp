#include "core/kernels/penalty.h"

#include <algorithm>

#include "core/kernels/row_sum.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/penalty.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target: plain loops, vectorised by the
// compiler.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

// Eight sums side by side, whatever the width of a register.
double penalty_span(std::int64_t n, const Penalty& p, const float* HWY_RESTRICT w) {
  constexpr std::int64_t lanes = 8;
  double sizes[lanes] = {}, squares[lanes] = {};
  const auto add = [&](std::int64_t lane, float value) {
    const double v = value;
    sizes[lane] += v < 0 ? -v : v;
    squares[lane] += v * v;
  };
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) add(lane, w[i + lane]);
  }
  for (; i < n; ++i) add(i % lanes, w[i]);
  double size = 0, square = 0;
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    size += sizes[lane];
    square += squares[lane];
  }
  // Without the other factor: infinite weights would make it 0 times infinity.
  return (p.l1 != 0 ? static_cast<double>(p.l1) * size : 0) +
         (p.l2 != 0 ? static_cast<double>(p.l2) * square : 0);
}

void add_gradient_span(std::int64_t n, const Penalty& p, const float* HWY_RESTRICT w,
                       float* HWY_RESTRICT g) {
  const float l1 = p.l1, l2 = p.l2;
  if (l1 != 0) {
    for (std::int64_t i = 0; i < n; ++i) g[i] += w[i] > 0 ? l1 : w[i] < 0 ? -l1 : 0.0F;
  }
  if (l2 != 0) {
    for (std::int64_t i = 0; i < n; ++i) g[i] += l2 * (2 * w[i]);
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(penalty_span);
HWY_EXPORT(add_gradient_span);

double penalty(const Workers& workers, std::int64_t n, const Penalty& p, const float* w) {
  return sum_over_chunks(workers, n, 0.5, [&](Span some) {
    return HWY_DYNAMIC_DISPATCH(penalty_span)(some.end - some.begin, p, w + some.begin);
  });
}

void add_penalty_gradient(const Workers& workers, std::int64_t n, const Penalty& p, const float* w,
                          float* g) {
  workers.for_range(n, 0.3, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(add_gradient_span)(end - begin, p, w + begin, g + begin);
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
