#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/kernels/spans.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/softmax_row.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#include "core/kernels/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// Behind the last number: never the highest.
HWY_INLINE Floats none() { return all(-std::numeric_limits<float>::infinity()); }

// The highest number of a row, in all lanes.
HWY_INLINE Floats highest_of_row(std::int64_t n, const float* x) {
  const FloatTag d;
  Floats most[4] = {none(), none(), none(), none()};  // four do not wait for one another
  std::int64_t i = 0;
  for (; i + 4 * width <= n; i += 4 * width) {
    unrolled<4>([&](auto v)
                    HWY_ATTR { most[v] = hn::Max(hn::LoadU(d, x + i + v * width), most[v]); });
  }
  for (; i < n; i += width) {
    most[0] = hn::Max(load(x + i, std::min<std::int64_t>(width, n - i), none()), most[0]);
  }
  return hn::MaxOfLanes(d, hn::Max(hn::Max(most[0], most[1]), hn::Max(most[2], most[3])));
}

// e^(x - most) for `count` numbers, 0 behind them (not as e^-infinity: to come to a number that is
// denormal or less takes a processor ten times as long).
template <class Count>
HWY_INLINE Floats powers_of(const float* x, Count count, Floats most) {
  return among(exponential_of_negative(hn::Sub(load(x, count, most), most)), count);
}

HWY_INLINE void long_row(std::int64_t n, const float* x, float* y) {
  const Floats most = highest_of_row(n, x);
  float sum[4];
  sums_of<1>(n, sum, [&](auto& part, auto v, std::int64_t i, auto count) HWY_ATTR {
    const Floats power = powers_of(x + i, count, most);
    part[0][v] = hn::Add(part[0][v], power);
    store(power, y + i, count);
  });
  const Floats factor = all(1 / sum[0]);
  for_registers(n, [&](auto, std::int64_t i, auto count) HWY_ATTR {
    store(hn::Mul(load(y + i, count, factor), factor), y + i, count);
  });
}

// The same for rows of n <= 16 numbers, whose powers stay in registers.
template <int rows>
HWY_INLINE void short_rows(std::int64_t n, const float* x, float* y) {
  // f(r, i, count) for the registers that have numbers.
  const auto for_each = [n](auto&& f) HWY_ATTR {
    unrolled<vectors>([&](auto r) HWY_ATTR {
      const std::int64_t i = r * width;
      if (i < n) f(r, i, std::min<std::int64_t>(width, n - i));
    });
  };
  RowSums<rows> powers;
  unrolled<rows>([&](auto row) HWY_ATTR {
    const float* from = x + row * n;
    Floats most = none();
    for_each([&](auto, std::int64_t i, std::int64_t count)
                 HWY_ATTR { most = hn::Max(load(from + i, count, none()), most); });
    most = hn::MaxOfLanes(FloatTag(), most);
    for_each([&](auto r, std::int64_t i, std::int64_t count)
                 HWY_ATTR { powers.part[row][r] = powers_of(from + i, count, most); });
  });
  float sum[4] = {};
  powers.add_to(sum);
  for (float& s : sum) s = 1 / s;
  unrolled<rows>([&](auto row) HWY_ATTR {
    for_each([&](auto r, std::int64_t i, std::int64_t count) HWY_ATTR {
      store(hn::Mul(powers.part[row][r], all(sum[row])), y + row * n + i, count);
    });
  });
}

}  // namespace

float highest_of(std::int64_t n, const float* x) { return hn::GetLane(highest_of_row(n, x)); }

// In double: the logarithm of a sum that is little more than 1 is wanted.
double exponentials(std::int64_t n, const float* x, float highest, float* e) {
  const Floats most = all(highest);
  DoubleSum sum;
  for_registers(n, [&](auto v, std::int64_t i, auto count) HWY_ATTR {
    const Floats power = powers_of(x + i, count, most);
    sum.add(v, power);
    if (e != nullptr) store(power, e + i, count);
  });
  return sum.total();
}

void softmax_rows(std::int64_t rows, std::int64_t n, const float* x, float* y) {
  if constexpr (some_rows > 1) {
    if (n <= parts) {
      return for_rows<some_rows>(0, rows, [&](auto count, std::int64_t i) HWY_ATTR {
        short_rows<count>(n, x + i * n, y + i * n);
      });
    }
  }
  for (std::int64_t i = 0; i < rows; ++i) long_row(n, x + i * n, y + i * n);
}

void softmax_rows_backward(std::int64_t rows, std::int64_t n, const float* y, const float* dy,
                           float* dx) {
  const Floats zero = all(0);
  for (std::int64_t row = 0; row < rows; ++row, y += n, dy += n, dx += n) {
    float sum[4];
    sums_of<1>(n, sum, [&](auto& part, auto v, std::int64_t i, auto count) HWY_ATTR {
      part[0][v] = hn::MulAdd(load(y + i, count, zero), load(dy + i, count, zero), part[0][v]);
    });
    const Floats dot = all(sum[0]);
    for_registers(n, [&](auto, std::int64_t i, auto count) HWY_ATTR {
      const Floats apart = hn::Sub(load(dy + i, count, zero), dot);
      store(hn::Mul(load(y + i, count, zero), apart), dx + i, count);
    });
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(highest_of);
HWY_EXPORT(exponentials);
HWY_EXPORT(softmax_rows);
HWY_EXPORT(softmax_rows_backward);

float highest_of(std::int64_t n, const float* x) noexcept {
  return HWY_DYNAMIC_DISPATCH(highest_of)(n, x);
}

double exponentials(std::int64_t n, const float* x, float highest, float* e) noexcept {
  return HWY_DYNAMIC_DISPATCH(exponentials)(n, x, highest, e);
}

void softmax_rows(std::int64_t rows, std::int64_t n, const float* x, float* y) noexcept {
  if (n > 0) HWY_DYNAMIC_DISPATCH(softmax_rows)(rows, n, x, y);
}

void softmax_rows_backward(std::int64_t rows, std::int64_t n, const float* y, const float* dy,
                           float* dx) noexcept {
  HWY_DYNAMIC_DISPATCH(softmax_rows_backward)(rows, n, y, dy, dx);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
