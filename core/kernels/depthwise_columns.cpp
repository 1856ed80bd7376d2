#include "core/kernels/depthwise_columns.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/depthwise_columns.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

using Taps = DepthwiseTaps;
using Columns = DepthwiseColumns;
using Products = DepthwiseProducts;

// Numbers from v on, of `count` columns from the j-th on.
template <int count, class Part>
HWY_INLINE void sum_columns(const Taps& t, const Columns& c, std::int64_t j, std::int64_t v,
                            const Part& part) {
  Floats sum[count];
  unrolled<count>([&](auto u) HWY_ATTR { sum[u] = hn::Zero(FloatTag()); });
  const float* x = c.x + j * c.x_step + v;
  for (std::int64_t a = 0; a < t.down; ++a) {
    for (std::int64_t b = 0; b < t.across; ++b) {
      const Floats weight = part.load(t.kernel + a * t.kernel_row + b * t.kernel_column + v);
      const float* from = x + a * t.x_row + b * t.x_column;
      unrolled<count>([&](auto u) HWY_ATTR {
        sum[u] = hn::MulAdd(part.load(from + u * c.x_step), weight, sum[u]);
      });
    }
  }
  const Floats bias = c.bias != nullptr ? part.load(c.bias + v) : hn::Zero(FloatTag());
  float* y = c.y + j * c.y_step + v;
  unrolled<count>([&](auto u) HWY_ATTR { part.store(hn::Add(sum[u], bias), y + u * c.y_step); });
}

template <int count>
void columns(const Taps& t, const Columns& c, std::int64_t j) {
  for (std::int64_t next = 0; next < c.width; next += lanes) {
    // The last register may have some of the one before, too.
    sum_columns<count>(t, c, j, std::min<std::int64_t>(next, c.width - lanes), Whole());
  }
}

void narrow_column(const Taps& t, const Columns& c, std::int64_t j) {
  sum_columns<1>(t, c, j, 0, Partial(c.width));
}

// `count` columns at a time, from the j-th on; of what is left at least so many once more with some
// of those before: the same numbers.
template <int count>
void all_columns(const Taps& t, const Columns& c, std::int64_t least, std::int64_t& j) {
  for (; j + count <= c.count; j += count) columns<count>(t, c, j);
  if (c.count < count || c.count - j < least) return;
  columns<count>(t, c, c.count - count);
  j = c.count;
}

// Some taps' sums, numbers from v on: output after output, so that a sum has the same bits
// whichever taps it is made with.
template <int taps, class Part>
HWY_INLINE void add_taps(const Products& job, std::int64_t first_tap, std::int64_t v,
                         const Part& part) {
  Floats sum[taps];
  const float* first[taps];
  unrolled<taps>([&](auto t) HWY_ATTR {
    sum[t] = hn::Zero(FloatTag());
    first[t] = job.from + job.x[first_tap + t] + v;
  });
  for (std::int64_t i = 0; i < job.rows; ++i) {
    std::int64_t x = i * job.x_row;
    const float* dy = job.dy + i * job.dy_row + v;
    for (std::int64_t j = 0; j < job.columns; ++j, x += job.x_column, dy += job.width) {
      const Floats d = part.load(dy);
      unrolled<taps>([&](auto t)
                         HWY_ATTR { sum[t] = hn::MulAdd(part.load(first[t] + x), d, sum[t]); });
    }
  }
  unrolled<taps>([&](auto t) HWY_ATTR {
    float* to = job.sum[first_tap + t] + v;
    part.store(hn::Add(part.load(to), sum[t]), to);
  });
}

template <int taps>
void add_group(const Products& job, std::int64_t first_tap) {
  for (std::int64_t next = 0; next < job.width; next += lanes) {
    // The last register has some of the one before, too, whose sums are there already.
    const std::int64_t v = std::min<std::int64_t>(next, job.width - lanes);
    add_taps<taps>(job, first_tap, v, Rest(next - v));
  }
}

// Of columns that fill no register.
template <int taps>
void add_narrow(const Products& job, std::int64_t first_tap) {
  add_taps<taps>(job, first_tap, 0, Partial(job.width));
}

}  // namespace

void depthwise_columns(const Taps& t, const Columns& c) {
  std::int64_t j = 0;
  if constexpr (HWY_TARGET != HWY_SCALAR) {  // which is there to run at all, and stays small
    if (c.width < lanes) {
      for (; j < c.count; ++j) narrow_column(t, c, j);
    }
    all_columns<6>(t, c, 6, j);
    all_columns<5>(t, c, 3, j);
    all_columns<2>(t, c, 2, j);
  }
  all_columns<1>(t, c, 1, j);
}

void depthwise_products(const Products& job) {
  std::int64_t t = 0;
  if constexpr (HWY_TARGET != HWY_SCALAR) {
    if (job.width < lanes) {
      for (; t + 4 <= job.taps; t += 4) add_narrow<4>(job, t);
      for (; t < job.taps; ++t) add_narrow<1>(job, t);
      return;
    }
    for (; t + 9 <= job.taps; t += 9) add_group<9>(job, t);
    for (; t + 5 <= job.taps; t += 5) add_group<5>(job, t);
  }
  for (; t < job.taps; ++t) add_group<1>(job, t);
}

void depthwise_totals(std::int64_t taps, std::int64_t fold, std::int64_t channels, float* part,
                      double* total) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> f;
  constexpr std::int64_t doubles = hn::MaxLanes(d);
  for (std::int64_t row = 0; row < taps * fold; ++row, part += channels) {
    double* to = total + row / fold * channels;
    std::int64_t c = 0;
    for (; c + doubles <= channels; c += doubles) {
      hn::StoreU(hn::Add(hn::LoadU(d, to + c), hn::PromoteTo(d, hn::LoadU(f, part + c))), d,
                 to + c);
      hn::StoreU(hn::Zero(f), f, part + c);
    }
    for (; c < channels; ++c) {
      to[c] += static_cast<double>(part[c]);
      part[c] = 0;
    }
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(depthwise_columns);
HWY_EXPORT(depthwise_products);
HWY_EXPORT(depthwise_totals);

void run_depthwise(const DepthwiseTaps& taps, const DepthwiseColumns& columns) {
  HWY_DYNAMIC_DISPATCH(depthwise_columns)(taps, columns);
}
void run_depthwise_products(const DepthwiseProducts& job) {
  HWY_DYNAMIC_DISPATCH(depthwise_products)(job);
}
void run_depthwise_totals(std::int64_t taps, std::int64_t fold, std::int64_t channels, float* part,
                          double* total) {
  HWY_DYNAMIC_DISPATCH(depthwise_totals)(taps, fold, channels, part, total);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
