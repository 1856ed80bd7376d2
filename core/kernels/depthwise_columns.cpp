#include "core/kernels/depthwise_columns.h"

#include <algorithm>

#include "core/kernels/tile.h"

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

// Columns at a time; scalar code is there to run at all, and stays small.
constexpr int most_columns = HWY_TARGET == HWY_SCALAR ? 1 : 6;

// Whole registers, loaded and stored as Partial does it for parts.
struct Whole {
  HWY_INLINE Floats load(const float* from) const { return hn::LoadU(FloatTag(), from); }
  HWY_INLINE void store(Floats v, float* to) const { hn::StoreU(v, FloatTag(), to); }
};

// The same, but for the first numbers, which stay as they are.
struct Rest : Whole {
  explicit HWY_INLINE Rest(std::int64_t n)
      : there(hn::FirstN(FloatTag(), static_cast<std::size_t>(n))) {}
  HWY_INLINE void store(Floats v, float* to) const {
    Whole::store(hn::IfThenElse(there, load(to), v), to);
  }

  hn::Mask<FloatTag> there;
};

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

template <int... i>
constexpr void (*columns_of[])(const Taps&, const Columns&, std::int64_t) = {columns<i + 1>...};

template <int... i>
void all_columns(const Taps& t, const Columns& c, std::integer_sequence<int, i...>) {
  const bool narrow = HWY_TARGET != HWY_SCALAR && c.width < lanes;
  const TileCut cut(c.count, narrow ? 1 : most_columns);
  for (std::int64_t part = 0, j = 0; part < cut.count; ++part) {
    const std::int64_t some = cut.height_of(part);
    (narrow ? narrow_column : columns_of<i...>[some - 1])(t, c, j);
    j += some;
  }
}

// Some taps' sums for some registers, numbers from v on: output after output, so that a sum has the
// same bits whichever taps it is made with.
template <int taps, int registers, class Part>
HWY_INLINE void add_taps(const Products& job, std::int64_t first_tap, std::int64_t v,
                         const Part& part) {
  Floats sum[taps][registers];
  const float* first[taps];
  unrolled<taps>([&](auto t) HWY_ATTR {
    unrolled<registers>([&](auto r) HWY_ATTR { sum[t][r] = hn::Zero(FloatTag()); });
    first[t] = job.from + job.x[first_tap + t] + v;
  });
  for (std::int64_t i = 0; i < job.rows; ++i) {
    std::int64_t x = i * job.x_row;
    const float* dy = job.dy + i * job.dy_row + v;
    for (std::int64_t j = 0; j < job.columns; ++j, x += job.x_column, dy += job.width) {
      Floats d[registers];
      unrolled<registers>([&](auto r) HWY_ATTR { d[r] = part.load(dy + r * lanes); });
      unrolled<taps>([&](auto t) HWY_ATTR __attribute__((always_inline)) {
        const float* from = first[t] + x;
        if constexpr (registers > 1) from = alone(from);
        unrolled<registers>([&](auto r) HWY_ATTR {
          sum[t][r] = hn::MulAdd(part.load(from + r * lanes), d[r], sum[t][r]);
        });
      });
    }
  }
  unrolled<taps>([&](auto t) HWY_ATTR {
    unrolled<registers>([&](auto r) HWY_ATTR {
      float* to = job.sum[first_tap + t] + v + r * lanes;
      part.store(hn::Add(part.load(to), sum[t][r]), to);
    });
  });
}

template <int taps>
void add_group(const Products& job, std::int64_t first_tap) {
  std::int64_t next = 0;
  if constexpr (has_32_registers && taps > 4) {
    for (; next + 2 * lanes <= job.width; next += 2 * lanes) {
      add_taps<taps, 2>(job, first_tap, next, Whole());
    }
  }
  for (; next < job.width; next += lanes) {
    // The last register has some of the one before, too, whose sums are there already.
    const std::int64_t v = std::min<std::int64_t>(next, job.width - lanes);
    add_taps<taps, 1>(job, first_tap, v, Rest(next - v));
  }
}

// Of columns that fill no register.
template <int taps>
void add_narrow(const Products& job, std::int64_t first_tap) {
  add_taps<taps, 1>(job, first_tap, 0, Partial(job.width));
}

}  // namespace

void depthwise_columns(const Taps& taps, const Columns& columns) {
  all_columns(taps, columns, std::make_integer_sequence<int, most_columns>{});
}

void depthwise_products(const Products& job) {
  std::int64_t t = 0;
  if constexpr (HWY_TARGET != HWY_SCALAR) {
    if (job.width < lanes) {
      for (; t + 4 <= job.taps; t += 4) add_narrow<4>(job, t);
      for (; t < job.taps; ++t) add_narrow<1>(job, t);
      return;
    }
    // Kernels of 3 x 3, and what is left of them at an edge and in a corner.
    for (; t + 9 <= job.taps; t += 9) add_group<9>(job, t);
    for (; t + 6 <= job.taps; t += 6) add_group<6>(job, t);
    for (; t + 4 <= job.taps; t += 4) add_group<4>(job, t);
  }
  for (; t < job.taps; ++t) add_group<1>(job, t);
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(depthwise_columns);
HWY_EXPORT(depthwise_products);

void run_depthwise(const DepthwiseTaps& taps, const DepthwiseColumns& columns) {
  HWY_DYNAMIC_DISPATCH(depthwise_columns)(taps, columns);
}
void run_depthwise_products(const DepthwiseProducts& job) {
  HWY_DYNAMIC_DISPATCH(depthwise_products)(job);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
