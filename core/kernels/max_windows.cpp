#include "core/kernels/max_windows.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/max_windows.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

using Places = hn::RebindToUnsigned<FloatTag>;
using Bytes = hn::Rebind<std::uint8_t, FloatTag>;

HWY_INLINE void write(hn::Vec<Places> won, const Winners& winners, std::int64_t at, int count) {
  if (count < lanes) {
    std::uint32_t copy[lanes];
    hn::StoreU(won, Places(), copy);
    winners.from(at).write(copy, count);
  } else if (winners.in_bytes) {
    hn::StoreU(hn::TruncateTo(Bytes(), won), Bytes(), winners.bytes() + at);
  } else {
    hn::StoreU(won, Places(), winners.words() + at);
  }
}

HWY_INLINE hn::Vec<Places> read(const Winners& winners, std::int64_t at, int count) {
  if (count < lanes) {
    std::uint32_t copy[lanes] = {};
    winners.from(at).read(count, copy);
    return hn::LoadU(Places(), copy);
  }
  if (!winners.in_bytes) return hn::LoadU(Places(), winners.words() + at);
  return hn::PromoteTo(Places(), hn::LoadU(Bytes(), winners.bytes() + at));
}

// Two whole registers of channels of all windows, or a part of one. `high` x `wide` is the windows'
// size where it is known. Infinities of both signs pass for NaN at first.
template <int n, int high, int wide>
void max_of_registers(const Pool2DSize& s, const Windows& w, const Partial& part, const float* x,
                      float* y, Winners winners) {
  const FloatTag d;
  const Places places;
  const std::int64_t rows = high > 0 ? high : w.rows, columns = wide > 0 ? wide : w.columns;
  const std::int64_t channels = s.channels, row = s.width * channels;
  const int last_count = n == 1 ? part.count : lanes;
  const auto load = [&](const float* from)
                        HWY_ATTR { return n == 1 ? part.load(from) : hn::LoadU(d, from); };
  for (std::int64_t t = 0; t < w.count; ++t, x += s.stride_w * channels, y += channels) {
    Floats best[n], sum[n];
    hn::Vec<Places> won[n];
    unrolled<n>([&](auto v) HWY_ATTR {
      best[v] = sum[v] = load(x + v * lanes);
      won[v] = hn::Zero(places);
    });
    for (std::int64_t a = 0; a < rows; ++a) {
      for (std::int64_t b = a == 0 ? 1 : 0; b < columns; ++b) {
        const float* from = x + a * row + b * channels;
        const auto here = hn::Set(places, static_cast<std::uint32_t>(a * columns + b));
        unrolled<n>([&](auto v) HWY_ATTR {
          const Floats number = load(from + v * lanes);
          const auto take = hn::Lt(best[v], number);
          sum[v] = hn::Add(sum[v], number);
          best[v] = hn::Max(number, best[v]);
          won[v] = hn::IfThenElse(hn::RebindMask(places, take), here, won[v]);
        });
      }
    }
    Floats all = sum[0];
    unrolled<n>([&](auto v) HWY_ATTR {
      if constexpr (v > 0) all = hn::Add(all, sum[v]);
      if constexpr (n == 1) {
        part.store(best[v], y);
      } else {
        hn::StoreU(best[v], d, y + v * lanes);
      }
      if (winners.kept()) write(won[v], winners, t * channels + v * lanes, last_count);
    });
    if (!hn::AllTrue(d, hn::Eq(all, all))) {
      max_with_nan(s, w, (n - 1) * lanes + last_count, x, y, winners.from(t * channels));
    }
  }
}

template <int high, int wide>
void max_of_all(const Pool2DSize& s, const Windows& w, const float* x, float* y,
                const Winners& winners) {
  std::int64_t c = 0;
  for (; c + 2 * lanes <= s.channels; c += 2 * lanes) {
    max_of_registers<2, high, wide>(s, w, Partial(lanes), x + c, y + c, winners.from(c));
  }
  for (; c < s.channels; c += lanes) {
    const Partial part(s.channels - c);
    max_of_registers<1, high, wide>(s, w, part, x + c, y + c, winners.from(c));
  }
}

}  // namespace

void forward_of_target(const Pool2DSize& s, const Windows& w, const float* x, float* y,
                       const Winners& winners) {
  const bool pairs = w.rows == 2 && w.columns == 2;
  (pairs ? max_of_all<2, 2> : max_of_all<0, 0>)(s, w, x, y, winners);
}

void backward_of_target(const Pool2DSize& s, const Windows& w, const float* dy,
                        const Winners& winners, const float* y, bool add, float* dx) {
  const FloatTag d;
  for (std::int64_t c = 0; c < s.channels; c += lanes) {
    const Partial part(s.channels - c);
    for (std::int64_t t = 0; t < w.count; ++t) {
      const auto won = read(winners, t * s.channels + c, part.count);
      Floats from = part.load(dy + t * s.channels + c);
      if (y != nullptr) {
        const Floats largest = part.load(y + t * s.channels + c);
        from = hn::IfThenElseZero(hn::Gt(largest, hn::Zero(d)), from);
      }
      std::uint32_t place = 0;
      for (std::int64_t a = 0; a < w.rows; ++a) {
        float* to = dx + (a * s.width + t * s.stride_w) * s.channels + c;
        for (std::int64_t b = 0; b < w.columns; ++b, ++place, to += s.channels) {
          const auto here = hn::RebindMask(d, hn::Eq(won, hn::Set(Places(), place)));
          const Floats taken = hn::IfThenElseZero(here, from);
          part.store(add ? hn::Add(part.load(to), taken) : taken, to);
        }
      }
    }
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(forward_of_target);
HWY_EXPORT(backward_of_target);

void max_of_windows(const Pool2DSize& size, const Windows& windows, const float* x, float* y,
                    const Winners& winners) {
  HWY_DYNAMIC_DISPATCH(forward_of_target)(size, windows, x, y, winners);
}
void max_of_windows_backward(const Pool2DSize& size, const Windows& windows, const float* dy,
                             const Winners& winners, const float* y, bool add, float* dx) {
  HWY_DYNAMIC_DISPATCH(backward_of_target)(size, windows, dy, winners, y, add, dx);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
