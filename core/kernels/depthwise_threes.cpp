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
HWY_ALIGN constexpr float zeros[2 * lanes] = {};

// Whether column i of `width` is one.
HWY_INLINE bool inside(std::int64_t i, std::int64_t width) {
  return static_cast<std::uint64_t>(i) < static_cast<std::uint64_t>(width);
}

// As many outputs from the j-th on, channels from v on.
template <int count, int registers, int stride>
HWY_INLINE void add_up(const Row& r, std::int64_t j, std::int64_t v) {
  constexpr int seen = (count - 1) * stride + taps;
  const std::int64_t c = r.channels, left = j * stride - r.pad_left;
  Floats sum[count][registers];
  unrolled<count * registers>(
      [&](auto u) HWY_ATTR { sum[u / registers][u % registers] = hn::Zero(FloatTag()); });
  const float* x = r.x + left * c + v;
  const float* k = r.kernel + v;
  for (std::int64_t a = 0; a < r.down; ++a, x += r.x_row, k += taps * c) {
    Floats weight[taps][registers];
    unrolled<taps * registers>([&](auto u) HWY_ATTR {
      weight[u / registers][u % registers] =
          hn::LoadU(FloatTag(), k + u / registers * c + u % registers * lanes);
    });
    unrolled<seen>([&](auto u) HWY_ATTR __attribute__((always_inline)) {
      const float* from = x + u * c;
      if constexpr (u < taps - 1 || u > seen - taps) {
        from = inside(left + u, r.x_width) ? from : zeros;
      }
      unrolled<registers>([&](auto n) HWY_ATTR __attribute__((always_inline)) {
        Floats number = hn::LoadU(FloatTag(), from + n * lanes);
        if constexpr (has_32_registers) number = in_register(number);
        unrolled<taps>([&](auto b) HWY_ATTR __attribute__((always_inline)) {
          constexpr int from_tap = static_cast<int>(u) - static_cast<int>(b), o = from_tap / stride;
          if constexpr (from_tap >= 0 && from_tap % stride == 0 && o < count) {
            sum[o][n] = hn::MulAdd(number, weight[b][n], sum[o][n]);
          }
        });
      });
    });
  }
  float* y = r.y + j * c + v;
  unrolled<registers>([&](auto n) HWY_ATTR __attribute__((always_inline)) {
    const Floats bias =
        r.bias != nullptr ? hn::LoadU(FloatTag(), r.bias + v + n * lanes) : hn::Zero(FloatTag());
    unrolled<count>([&](auto u) HWY_ATTR {
      hn::StoreU(hn::Add(sum[u][n], bias), FloatTag(), y + u * c + n * lanes);
    });
  });
}

// Where outputs beside one another find their numbers.
struct Place {
  const float* x[taps];  // in the rows that the kernel's meet
  const float* dy;
};

// The products of a pair of them, all of whose taps lie inside the image.
template <int registers>
HWY_INLINE void add_pair(const Products& p, const Place& at, Floats (&sum)[taps][taps][registers]) {
  const std::int64_t c = p.channels;
  unrolled<registers>([&](auto n) HWY_ATTR __attribute__((always_inline)) {
    const Floats first = in_register(hn::LoadU(FloatTag(), at.dy + n * lanes));
    const Floats second = in_register(hn::LoadU(FloatTag(), at.dy + c + n * lanes));
    unrolled<taps>([&](auto a) HWY_ATTR __attribute__((always_inline)) {
      unrolled<taps + 1>([&](auto u) HWY_ATTR __attribute__((always_inline)) {
        const Floats x = in_register(hn::LoadU(FloatTag(), at.x[a] + u * c + n * lanes));
        if constexpr (u < taps) sum[a][u][n] = hn::MulAdd(x, first, sum[a][u][n]);
        if constexpr (u > 0) sum[a][u - 1][n] = hn::MulAdd(x, second, sum[a][u - 1][n]);
      });
    });
  });
}

// Those of a single one, whose first tap lies in column `left`: columns may lie outside.
template <int registers>
HWY_INLINE void add_single(const Products& p, const Place& at, std::int64_t left,
                           Floats (&sum)[taps][taps][registers]) {
  Floats dy[registers];
  unrolled<registers>(
      [&](auto n) HWY_ATTR { dy[n] = in_register(hn::LoadU(FloatTag(), at.dy + n * lanes)); });
  unrolled<taps>([&](auto b) HWY_ATTR __attribute__((always_inline)) {
    if (!inside(left + b, p.x_width)) return;
    unrolled<taps * registers>([&](auto i) HWY_ATTR __attribute__((always_inline)) {
      constexpr int a = i / registers, n = i % registers;
      const Floats x = hn::LoadU(FloatTag(), at.x[a] + b * p.channels + n * lanes);
      sum[a][b][n] = hn::MulAdd(x, dy[n], sum[a][b][n]);
    });
  });
}

// All outputs, numbers from v on, of which the first `done` are there already.
template <int registers>
void add_outputs(const Products& p, std::int64_t v, std::int64_t done) {
  Floats sum[taps][taps][registers];
  const auto each = [&](auto f) HWY_ATTR __attribute__((always_inline)) {
    unrolled<taps * taps * registers>([&](auto i) HWY_ATTR __attribute__((always_inline)) {
      constexpr int t = i / registers, n = i % registers;
      f(i, sum[t / taps][t % taps][n]);
    });
  };
  each([](int, Floats& s) HWY_ATTR { s = hn::Zero(FloatTag()); });
  const std::int64_t c = p.channels, x_row = p.x_width * c, step = p.stride_w * c;
  const float *x = p.x + v - p.pad_left * c, *nothing = p.nothing + v - p.pad_left * c;
  // In a row singles, pairs of outputs all of whose taps lie inside, and singles again.
  const std::int64_t first = p.stride_w == 1 ? p.inner.begin : p.count;
  const std::int64_t pairs = p.stride_w == 1 ? p.inner.size() / 2 : 0, last = first + 2 * pairs;
  Place at;
  at.dy = p.dy + v;
  for (std::int64_t i = 0; i < p.rows; ++i) {
    unrolled<taps>([&](auto a) HWY_ATTR {
      const std::int64_t y = i * p.stride_h + a * p.dilation_h - p.pad_top;
      at.x[a] = inside(y, p.x_height) ? x + y * x_row : nothing;
    });
    const auto skip = [&](int outputs) HWY_ATTR __attribute__((always_inline)) {
      unrolled<taps>([&](auto a) HWY_ATTR { at.x[a] += outputs * step; });
      at.dy += outputs * c;
    };
    const auto singles = [&](std::int64_t j, std::int64_t end) HWY_ATTR
        __attribute__((always_inline)) {
      for (; j < end; ++j, skip(1)) add_single(p, at, j * p.stride_w - p.pad_left, sum);
    };
    singles(0, first);
    for (std::int64_t n = 0; n < pairs; ++n, skip(2)) add_pair(p, at, sum);
    singles(last, p.count);
  }
  const auto write = [&](const auto& part) HWY_ATTR __attribute__((always_inline)) {
    each([&](auto i, Floats s) HWY_ATTR {
      float* to = p.sum + i / registers * c + v + i % registers * lanes;
      part.store(hn::Add(part.load(to), s), to);
    });
  };
  done == 0 ? write(Whole()) : write(Rest(done));
}

}  // namespace

// Scalar code is there to run at all, and stays small.
bool takes_threes() { return HWY_TARGET != HWY_SCALAR; }

#if HWY_TARGET == HWY_SCALAR
void depthwise_row(const Row&) {}
void depthwise_products_3x3(const Products&) {}
#else
template <int stride>
void row_at(const Row& r) {
  constexpr int count = 4;
  for (std::int64_t j = 0; j < r.count; j += count) {
    // The last ones may have some of those before, too, and channels as well: the same numbers.
    const std::int64_t first = std::min(j, r.count - count);
    std::int64_t next = 0;
    for (; next + 2 * lanes <= r.channels; next += 2 * lanes) {
      add_up<count, 2, stride>(r, first, next);
    }
    for (; next < r.channels; next += lanes) {
      add_up<count, 1, stride>(r, first, std::min<std::int64_t>(next, r.channels - lanes));
    }
  }
}
void depthwise_row(const Row& r) { r.stride == 1 ? row_at<1>(r) : row_at<2>(r); }

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
