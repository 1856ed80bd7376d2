#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/kernels/spans.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/softmax_row.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#include "core/kernels/math-inl.h"
#include "core/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// Softmax of rows and its pieces. A sum is taken in 16 parts, whatever the width of a register, so
// that every target adds in the same order.
constexpr int parts = 16;
constexpr int width = static_cast<int>(hn::MaxLanes(FloatTag()));
constexpr int vectors = parts / width;

struct Sum {
  using D = hn::ScalableTag<double>;
  using V = hn::Vec<D>;
  static constexpr int lanes = static_cast<int>(hn::MaxLanes(D()));
  V part[parts / lanes];

  HWY_INLINE Sum() {
    unrolled<parts / lanes>([&](auto i) HWY_ATTR { part[i] = hn::Zero(D()); });
  }
  // For the v-th register of 16 numbers: part = f(part, a, b) on both halves, as doubles.
  template <class I, class F>
  HWY_INLINE void add(I v, Floats a, Floats b, F&& f) {
#if HWY_TARGET == HWY_SCALAR
    part[v] = f(part[v], hn::PromoteTo(D(), a), hn::PromoteTo(D(), b));
#else
    V &low = part[2 * v], &high = part[2 * v + 1];
    const hn::Half<FloatTag> half;
    low = f(low, hn::PromoteTo(D(), hn::LowerHalf(half, a)),
            hn::PromoteTo(D(), hn::LowerHalf(half, b)));
    high = f(high, hn::PromoteTo(D(), hn::UpperHalf(half, a)),
             hn::PromoteTo(D(), hn::UpperHalf(half, b)));
#endif
  }
  template <class I>
  HWY_INLINE void add(I v, Floats a) {
    add(v, a, a, [](V sum, V x, V) HWY_ATTR { return hn::Add(sum, x); });
  }
  template <class I>
  HWY_INLINE void add_product(I v, Floats a, Floats b) {
    add(v, a, b, [](V sum, V x, V y) HWY_ATTR { return hn::MulAdd(x, y, sum); });
  }
  HWY_INLINE double total() const {
    double sum[parts];
    unrolled<parts / lanes>([&](auto i) HWY_ATTR { hn::StoreU(part[i], D(), sum + i * lanes); });
    for (int half = parts / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) sum[i] += sum[i + half];
    }
    return sum[0];
  }
};

// f(v, i, count) for every register: the v-th of its 16 numbers, from the i-th on, of which `count`
// are among the n.
template <class F>
HWY_INLINE void for_registers(std::int64_t n, F&& f) {
  for (std::int64_t i = 0; i < n; i += parts) {
    unrolled<vectors>([&](auto v) HWY_ATTR {
      const std::int64_t at = i + v * width;
      if (at < n) f(v, at, std::min<std::int64_t>(width, n - at));
    });
  }
}

// The instructions before AVX2 cannot mask: there a copy stands in for the last few numbers.
constexpr bool has_masks = HWY_TARGET <= HWY_AVX2;

HWY_INLINE Floats load(const float* x, std::int64_t count, Floats otherwise) {
  const FloatTag d;
  if (count == width) return hn::LoadU(d, x);
  if (has_masks) {
    const auto among = hn::FirstN(d, static_cast<std::size_t>(count));
    return hn::IfThenElse(among, hn::MaskedLoad(among, d, x), otherwise);
  }
  float copy[width];
  hn::StoreU(otherwise, d, copy);
  std::copy_n(x, count, copy);
  return hn::LoadU(d, copy);
}

HWY_INLINE void store(Floats v, float* y, std::int64_t count) {
  const FloatTag d;
  if (count == width) return hn::StoreU(v, d, y);
  if (has_masks) return hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(count)), d, y);
  float copy[width];
  hn::StoreU(v, d, copy);
  std::copy_n(copy, count, y);
}

}  // namespace

float highest_of(std::int64_t n, const float* x) {
  Floats highest = all(x[0]);
  for_registers(n, [&](auto, std::int64_t i, std::int64_t count)
                       HWY_ATTR { highest = hn::Max(load(x + i, count, highest), highest); });
  return hn::GetLane(hn::MaxOfLanes(FloatTag(), highest));
}

double exponentials(std::int64_t n, const float* x, float highest, float* e) {
  const Floats most = all(highest);
  // e^-infinity adds nothing for the lanes behind the last number.
  const Floats none = all(-std::numeric_limits<float>::infinity());
  Sum sum;
  for_registers(n, [&](auto v, std::int64_t i, std::int64_t count) HWY_ATTR {
    const Floats power = exponential(hn::Sub(load(x + i, count, none), most));
    sum.add(v, power);
    if (e != nullptr) store(power, e + i, count);
  });
  return sum.total();
}

void softmax_row(std::int64_t n, const float* x, float* y) {
  const Floats factor = all(static_cast<float>(1 / exponentials(n, x, highest_of(n, x), y)));
  for_registers(n, [&](auto, std::int64_t i, std::int64_t count) HWY_ATTR {
    store(hn::Mul(load(y + i, count, factor), factor), y + i, count);
  });
}

void softmax_row_backward(std::int64_t n, const float* y, const float* dy, float* dx) {
  const Floats zero = all(0);
  Sum sum;
  for_registers(n, [&](auto v, std::int64_t i, std::int64_t count) HWY_ATTR {
    sum.add_product(v, load(y + i, count, zero), load(dy + i, count, zero));
  });
  const Floats dot = all(static_cast<float>(sum.total()));
  for_registers(n, [&](auto, std::int64_t i, std::int64_t count) HWY_ATTR {
    const Floats apart = hn::Sub(load(dy + i, count, zero), dot);
    store(hn::Mul(load(y + i, count, zero), apart), dx + i, count);
  });
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(highest_of);
HWY_EXPORT(exponentials);
HWY_EXPORT(softmax_row);
HWY_EXPORT(softmax_row_backward);

float highest_of(std::int64_t n, const float* x) noexcept {
  return HWY_DYNAMIC_DISPATCH(highest_of)(n, x);
}

double exponentials(std::int64_t n, const float* x, float highest, float* e) noexcept {
  return HWY_DYNAMIC_DISPATCH(exponentials)(n, x, highest, e);
}

void softmax_row(std::int64_t n, const float* x, float* y) noexcept {
  if (n > 0) HWY_DYNAMIC_DISPATCH(softmax_row)(n, x, y);
}

void softmax_row_backward(std::int64_t n, const float* y, const float* dy, float* dx) noexcept {
  HWY_DYNAMIC_DISPATCH(softmax_row_backward)(n, y, dy, dx);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
