#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/kernels/spans.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/softmax_row.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#include "core/kernels/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
float highest_of(std::int64_t n, const float* x) {
  Floats highest = all(x[0]);
  for_registers(n, [&](auto, std::int64_t i, std::int64_t count)
                       HWY_ATTR { highest = hn::Max(load(x + i, count, highest), highest); });
  return hn::GetLane(hn::MaxOfLanes(FloatTag(), highest));
}

namespace {

template <class Sum>
HWY_INLINE auto sum_exponentials(std::int64_t n, const float* x, float highest, float* e) {
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

}  // namespace

// In double: the logarithm of a sum that is little more than 1 is wanted.
double exponentials(std::int64_t n, const float* x, float highest, float* e) {
  return sum_exponentials<DoubleSum>(n, x, highest, e);
}

void softmax_row(std::int64_t n, const float* x, float* y) {
  const Floats factor =
      all(static_cast<float>(1 / sum_exponentials<RowSum>(n, x, highest_of(n, x), y)));
  for_registers(n, [&](auto, std::int64_t i, std::int64_t count) HWY_ATTR {
    store(hn::Mul(load(y + i, count, factor), factor), y + i, count);
  });
}

void softmax_row_backward(std::int64_t n, const float* y, const float* dy, float* dx) {
  const Floats zero = all(0);
  RowSum sum;
  for_registers(n, [&](auto v, std::int64_t i, std::int64_t count) HWY_ATTR {
    sum.part[v] = hn::MulAdd(load(y + i, count, zero), load(dy + i, count, zero), sum.part[v]);
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
