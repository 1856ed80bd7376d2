#include "core/kernels/depthwise_threes.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/depthwise_threes.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

using Row = DepthwiseRow;
using Products = DepthwiseProducts3x3;

constexpr int taps = 3;  // in a row

// What lies beside an image.
HWY_ALIGN constexpr float zeros[lanes] = {};

// Whether column i of `width` is one.
HWY_INLINE bool inside(std::int64_t i, std::int64_t width) {
  return static_cast<std::uint64_t>(i) < static_cast<std::uint64_t>(width);
}

// As many outputs from the j-th on, channels from v on.
template <int count>
HWY_INLINE void add_up(const Row& r, std::int64_t j, std::int64_t v) {
  constexpr int seen = count + taps - 1;
  const std::int64_t c = r.channels, left = j - r.pad_left;
  Floats sum[count];
  unrolled<count>([&](auto u) HWY_ATTR { sum[u] = hn::Zero(FloatTag()); });
  const float* x = r.x + left * c + v;
  const float* k = r.kernel + v;
  for (std::int64_t a = 0; a < r.down; ++a, x += r.x_row, k += taps * c) {
    Floats weight[taps];
    unrolled<taps>([&](auto b) HWY_ATTR { weight[b] = hn::LoadU(FloatTag(), k + b * c); });
    unrolled<seen>([&](auto u) HWY_ATTR __attribute__((always_inline)) {
      const float* from = x + u * c;
      if constexpr (u < taps - 1 || u >= count) from = inside(left + u, r.x_width) ? from : zeros;
      const Floats number = loaded(hn::LoadU(FloatTag(), from));
      unrolled<taps>([&](auto b) HWY_ATTR __attribute__((always_inline)) {
        constexpr int o = static_cast<int>(u) - static_cast<int>(b);
        if constexpr (o >= 0 && o < count) sum[o] = hn::MulAdd(number, weight[b], sum[o]);
      });
    });
  }
  const Floats bias = r.bias != nullptr ? hn::LoadU(FloatTag(), r.bias + v) : hn::Zero(FloatTag());
  float* y = r.y + j * c + v;
  unrolled<count>([&](auto u)
                      HWY_ATTR { hn::StoreU(hn::Add(sum[u], bias), FloatTag(), y + u * c); });
}

// Where outputs beside one another find their numbers.
struct Place {
  const float* x[taps];  // in the rows that the kernel's meet
  const float* dy;
};

// The products of a pair of them, or of a single one, whose first tap lies in column `left`, and
// whose others may lie outside.
template <bool pair, int registers>
HWY_INLINE void add_products(const Products& p, const Place& at, std::int64_t left,
                             Floats (&sum)[taps][taps][registers]) {
  constexpr int count = pair ? 2 : 1, seen = count - 1 + taps;
  const std::int64_t c = p.channels;
  Floats d[count][registers];
  unrolled<count>([&](auto o) HWY_ATTR __attribute__((always_inline)) {
    unrolled<registers>([&](auto n) HWY_ATTR __attribute__((always_inline)) {
      d[o][n] = loaded(hn::LoadU(FloatTag(), at.dy + o * c + n * lanes));
    });
  });
  unrolled<taps>([&](auto a) HWY_ATTR __attribute__((always_inline)) {
    unrolled<seen>([&](auto u) HWY_ATTR __attribute__((always_inline)) {
      const float* from = at.x[a] + u * c;
      if constexpr (!pair) from = inside(left + u, p.x_width) ? from : p.nothing;
      unrolled<registers>([&](auto n) HWY_ATTR __attribute__((always_inline)) {
        const Floats number = loaded(hn::LoadU(FloatTag(), from + n * lanes));
        unrolled<count>([&](auto o) HWY_ATTR __attribute__((always_inline)) {
          constexpr int b = u - o;
          if constexpr (b >= 0 && b < taps) {
            sum[a][b][n] = hn::MulAdd(number, d[o][n], sum[a][b][n]);
          }
        });
      });
    });
  });
}

// All outputs, numbers from v on, of which the first `done` are there already.
template <int registers>
void add_outputs(const Products& p, std::int64_t v, std::int64_t done) {
  constexpr int numbers = registers * lanes;
  Floats sum[taps][taps][registers];
  const auto each = [&](auto f) HWY_ATTR __attribute__((always_inline)) {
    unrolled<taps * taps * registers>([&](auto i) HWY_ATTR __attribute__((always_inline)) {
      constexpr int t = i / registers, n = i % registers;
      f(i, sum[t / taps][t % taps][n]);
    });
  };
  each([](int, Floats& s) HWY_ATTR { s = hn::Zero(FloatTag()); });
  const std::int64_t c = p.channels;
  for (std::int64_t i = 0; i < p.rows; ++i) {
    Place at;
    unrolled<taps>([&](auto a) HWY_ATTR {
      const std::int64_t y = i * p.stride_h + a * p.dilation_h - p.pad_top;
      at.x[a] = (inside(y, p.x_height) ? p.x + y * p.x_width * c : p.nothing) + v - p.pad_left * c;
    });
    at.dy = p.dy + i * p.count * c + v;
    const auto skip = [&](int outputs) HWY_ATTR __attribute__((always_inline)) {
      unrolled<taps>([&](auto a) HWY_ATTR { at.x[a] += outputs * p.stride_w * c; });
      at.dy += outputs * c;
    };
    const Span pairs = p.stride_w == 1 ? p.inner : Span{p.count, p.count};
    std::int64_t j = 0, singles_end = pairs.begin;
    while (true) {
      for (; j < singles_end; ++j, skip(1)) {
        add_products<false>(p, at, j * p.stride_w - p.pad_left, sum);
      }
      if (j == p.count) break;
      for (; j + 2 <= pairs.end; j += 2, skip(2)) add_products<true>(p, at, 0, sum);
      singles_end = p.count;
    }
  }
  HWY_ALIGN float all[taps * taps * numbers];
  each([&](int i, Floats s) HWY_ATTR { hn::Store(s, FloatTag(), all + i * lanes); });
  const Rest rest(done);
  for (int t = 0; t < taps * taps; ++t) {
    for (int n = 0; n < numbers; n += lanes) {
      float* to = p.sum + t * c + v + n;
      rest.store(hn::Add(rest.load(to), hn::Load(FloatTag(), all + t * numbers + n)), to);
    }
  }
}

}  // namespace

// Scalar code is there to run at all, and stays small.
bool takes_threes() { return HWY_TARGET != HWY_SCALAR; }

#if HWY_TARGET == HWY_SCALAR
void depthwise_row(const Row&) {}
void depthwise_products_3x3(const Products&) {}
#else
void depthwise_row(const Row& r) {
  constexpr int count = 4;
  for (std::int64_t j = 0; j < r.count; j += count) {
    // The last ones may have some of those before, too, and channels as well: the same numbers.
    const std::int64_t first = std::min(j, r.count - count);
    for (std::int64_t next = 0; next < r.channels; next += lanes) {
      add_up<count>(r, first, std::min<std::int64_t>(next, r.channels - lanes));
    }
  }
}

void depthwise_products_3x3(const Products& p) {
  std::int64_t next = 0;
  if constexpr (has_32_registers) {
    for (; next + 2 * lanes <= p.channels; next += 2 * lanes) add_outputs<2>(p, next, 0);
  }
  for (; next < p.channels; next += lanes) {
    // The last register has some of the one before, too, whose sums are there already.
    const std::int64_t v = std::min<std::int64_t>(next, p.channels - lanes);
    add_outputs<1>(p, v, next - v);
  }
}
#endif

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(takes_threes);
HWY_EXPORT(depthwise_row);
HWY_EXPORT(depthwise_products_3x3);

bool depthwise_takes_threes() { return HWY_DYNAMIC_DISPATCH(takes_threes)(); }
void run_depthwise_row(const DepthwiseRow& row) { HWY_DYNAMIC_DISPATCH(depthwise_row)(row); }
void run_depthwise_products(const DepthwiseProducts3x3& job) {
  HWY_DYNAMIC_DISPATCH(depthwise_products_3x3)(job);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
