// The most floating-point operations that the machine does: products added in registers, at the
// widest vectors there are. What the other figures are a share of.
#include "bench/support.h"
#include "core/kernels/cpu_target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/peak.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace minnow::bench::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Twelve sums, enough to hide what one addition waits for; returns the operations done.
double multiply_add(std::int64_t rounds, float* out) {
  const hn::ScalableTag<float> d;
  const auto x = hn::Set(d, out[0]), y = hn::Set(d, 1e-9F);
  auto a = x, b = x, c = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x, m = x;
  for (std::int64_t r = 0; r < rounds; ++r) {
    a = hn::MulAdd(x, y, a), b = hn::MulAdd(x, y, b), c = hn::MulAdd(x, y, c);
    e = hn::MulAdd(x, y, e), f = hn::MulAdd(x, y, f), g = hn::MulAdd(x, y, g);
    h = hn::MulAdd(x, y, h), i = hn::MulAdd(x, y, i), j = hn::MulAdd(x, y, j);
    k = hn::MulAdd(x, y, k), l = hn::MulAdd(x, y, l), m = hn::MulAdd(x, y, m);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Add(f, g)),
                           hn::Add(hn::Add(hn::Add(h, i), hn::Add(j, k)), hn::Add(l, m)));
  out[0] = hn::GetLane(sum);
  return 24.0 * HWY_LANES(float) * static_cast<double>(rounds);
}

}  // namespace minnow::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::bench {
namespace {

HWY_EXPORT(multiply_add);

void peak(benchmark::State& state) {
  float number = 0.5F;
  double flops = 0;
  for (auto _ : state) flops = HWY_DYNAMIC_DISPATCH(multiply_add)(10000, &number);
  benchmark::DoNotOptimize(number);
  report_flops(state, flops);
}

const bool registered = [] {
  for (const int threads : {1, 2}) {
    benchmark::RegisterBenchmark("peak/multiply_add/minnow", peak)->Threads(threads)->UseRealTime();
  }
  return true;
}();

}  // namespace
}  // namespace minnow::bench
#endif  // HWY_ONCE
