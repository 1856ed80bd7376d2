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

constexpr int sums = 12;  // enough to hide what one addition waits for

// Returns the operations done. Every sum starts from a number of its own: of equal ones the
// compiler would compute one.
double multiply_add(std::int64_t rounds, float* numbers) {
  const hn::ScalableTag<float> d;
  const auto x = hn::Set(d, numbers[0]), y = hn::Set(d, 1e-9F);
  const auto at = [&](int i) HWY_ATTR { return hn::Set(d, numbers[i]); };
  auto a = at(0), b = at(1), c = at(2), e = at(3), f = at(4), g = at(5), h = at(6), i = at(7),
       j = at(8), k = at(9), l = at(10), m = at(11);
  for (std::int64_t r = 0; r < rounds; ++r) {
    a = hn::MulAdd(x, y, a), b = hn::MulAdd(x, y, b), c = hn::MulAdd(x, y, c);
    e = hn::MulAdd(x, y, e), f = hn::MulAdd(x, y, f), g = hn::MulAdd(x, y, g);
    h = hn::MulAdd(x, y, h), i = hn::MulAdd(x, y, i), j = hn::MulAdd(x, y, j);
    k = hn::MulAdd(x, y, k), l = hn::MulAdd(x, y, l), m = hn::MulAdd(x, y, m);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Add(f, g)),
                           hn::Add(hn::Add(hn::Add(h, i), hn::Add(j, k)), hn::Add(l, m)));
  numbers[0] = hn::GetLane(sum);
  return 2.0 * sums * HWY_LANES(float) * static_cast<double>(rounds);
}

}  // namespace minnow::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::bench {
namespace {

HWY_EXPORT(multiply_add);

void peak(benchmark::State& state) {
  float numbers[12];
  for (int i = 0; i < 12; ++i) numbers[i] = 0.5F + static_cast<float>(i);
  double flops = 0;
  for (auto _ : state) flops = HWY_DYNAMIC_DISPATCH(multiply_add)(10000, numbers);
  benchmark::DoNotOptimize(numbers);
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
