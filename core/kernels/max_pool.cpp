#include <algorithm>

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pool2d.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/max_pool.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// What of dy went to `place`.
template <bool add>
void take_won(std::int64_t channels, std::int32_t place, const std::int32_t* HWY_RESTRICT argmax,
              const float* HWY_RESTRICT dy, float* HWY_RESTRICT dx) {
  for (std::int64_t c = 0; c < channels; ++c) {
    const float won = argmax[c] == place ? dy[c] : 0.0F;
    dx[c] = add ? dx[c] + won : won;
  }
}

// The places of the window at output (i, j) that lie in the image.
struct Window {
  Span rows, columns;
  Window(const Pool2DSize& s, std::int64_t i, std::int64_t j)
      : rows(inside(i * s.stride_h - s.pad_top, s.pool_h, s.height)),
        columns(inside(j * s.stride_w - s.pad_left, s.pool_w, s.width)) {}

 private:
  static Span inside(std::int64_t begin, std::int64_t length, std::int64_t limit) {
    return {std::max<std::int64_t>(begin, 0), std::min(begin + length, limit)};
  }
};

// The largest number of a window and its place, channel by channel. NaN beats numbers, so that it
// stays visible; the first NaN stays.
HWY_NOINLINE void max_with_nan(const Pool2DSize& s, const Window& w, const float* image,
                               std::int64_t channels, float* y, std::int32_t* argmax) {
  const std::int64_t first = w.rows.begin * s.width + w.columns.begin;
  for (std::int64_t c = 0; c < channels; ++c) {
    float best = image[first * s.channels + c];
    std::int64_t won = first;
    for (std::int64_t row = w.rows.begin; row < w.rows.end; ++row) {
      for (std::int64_t column = w.columns.begin; column < w.columns.end; ++column) {
        const std::int64_t place = row * s.width + column;
        const float x = image[place * s.channels + c];
        if (best != best || x <= best) continue;
        best = x;
        won = place;
      }
    }
    y[c] = best;
    if (argmax != nullptr) argmax[c] = static_cast<std::int32_t>(won);
  }
}

// The same for `n` registers of channels, and whether none is NaN (else what is written is not
// right; infinities of both signs pass for NaN). `high` x `wide` is the window's size where it is
// known and lies in the image.
template <class D, int n, int high, int wide>
HWY_INLINE bool max_of(const Pool2DSize& s, const Window& w, const float* image, float* y,
                       std::int32_t* argmax) {
  const D d;
  const hn::RebindToSigned<D> places;
  constexpr std::int64_t width = hn::MaxLanes(D());
  const std::int64_t first = w.rows.begin * s.width + w.columns.begin;
  const float* start = image + first * s.channels;
  hn::Vec<D> best[n], sum[n];
  hn::Vec<decltype(places)> won[n];
  unrolled<n>([&](auto v) HWY_ATTR {
    best[v] = sum[v] = hn::LoadU(d, start + v * width);
    won[v] = hn::Zero(places);
  });
  const std::int64_t rows = high > 0 ? high : w.rows.size();
  const std::int64_t columns = wide > 0 ? wide : w.columns.size();
  for (std::int64_t a = 0; a < rows; ++a) {
    for (std::int64_t b = a == 0 ? 1 : 0; b < columns; ++b) {
      const std::int64_t place = a * s.width + b;
      const auto here = hn::Set(places, static_cast<std::int32_t>(place));
      unrolled<n>([&](auto v) HWY_ATTR {
        const auto x = hn::LoadU(d, start + place * s.channels + v * width);
        const auto take = hn::Lt(best[v], x);
        sum[v] = hn::Add(sum[v], x);
        best[v] = hn::IfThenElse(take, x, best[v]);
        won[v] = hn::IfThenElse(hn::RebindMask(places, take), here, won[v]);
      });
    }
  }
  const auto begin = hn::Set(places, static_cast<std::int32_t>(first));
  auto all = sum[0];
  unrolled<n>([&](auto v) HWY_ATTR {
    if constexpr (v > 0) all = hn::Add(all, sum[v]);
    hn::StoreU(best[v], d, y + v * width);
    if (argmax != nullptr) hn::StoreU(hn::Add(won[v], begin), places, argmax + v * width);
  });
  return hn::AllTrue(d, hn::Eq(all, all));
}

// All channels of a window.
template <int high, int wide>
HWY_INLINE void max_window(const Pool2DSize& s, const Window& w, const float* image, float* y,
                           std::int32_t* argmax) {
  using D = hn::ScalableTag<float>;
  using Single = hn::CappedTag<float, 1>;
  for (std::int64_t c = 0; c < s.channels;) {
    const std::int64_t left = s.channels - c;
    std::int32_t* places = argmax != nullptr ? argmax + c : nullptr;
    const bool two = left >= 2 * lanes, one = !two && left >= lanes;
    const std::int64_t count = two ? 2 * lanes : one ? lanes : 1;
    const bool plain = two   ? max_of<D, 2, high, wide>(s, w, image + c, y + c, places)
                       : one ? max_of<D, 1, high, wide>(s, w, image + c, y + c, places)
                             : max_of<Single, 1, high, wide>(s, w, image + c, y + c, places);
    if (!plain) max_with_nan(s, w, image + c, count, y + c, places);
    c += count;
  }
}

// Whether windows that do not overlap leave no place out.
bool covered(const Pool2DSize& s) {
  std::int64_t rows = 0, columns = 0;
  for (std::int64_t i = 0; i < s.out_h; ++i) rows += Window(s, i, 0).rows.size();
  for (std::int64_t j = 0; j < s.out_w; ++j) columns += Window(s, 0, j).columns.size();
  return rows == s.height && columns == s.width;
}

}  // namespace

namespace {

// Columns [begin, end) of row i of one image's output.
template <int high, int wide>
HWY_NOINLINE void max_columns(const Pool2DSize& s, const float* image, std::int64_t i, Span columns,
                              float* y, std::int32_t* argmax) {
  for (std::int64_t j = columns.begin; j < columns.end; ++j) {
    max_window<high, wide>(s, Window(s, i, j), image, y + j * s.channels,
                           argmax != nullptr ? argmax + j * s.channels : nullptr);
  }
}

}  // namespace

void max_row(const Pool2DSize& s, const float* image, std::int64_t i, float* y,
             std::int32_t* argmax) {
  const bool pairs = s.pool_h == 2 && s.pool_w == 2 && Window(s, i, 0).rows.size() == 2;
  const Span whole =
      pairs ? places_inside(-s.pad_left, s.stride_w, s.width - 1, s.out_w) : Span{0, 0};
  max_columns<0, 0>(s, image, i, {0, whole.begin}, y, argmax);
  max_columns<2, 2>(s, image, i, whole, y, argmax);
  max_columns<0, 0>(s, image, i, {whole.end, s.out_w}, y, argmax);
}

void max_image_backward(const Pool2DSize& s, const float* dy, const std::int32_t* argmax,
                        float* dx) {
  const std::int64_t c = s.channels;
  const bool apart = s.stride_h >= s.pool_h && s.stride_w >= s.pool_w;
  if (!apart || !covered(s)) std::fill_n(dx, s.height * s.width * c, 0.0F);
  const auto take = apart ? take_won<false> : take_won<true>;
  for (std::int64_t i = 0; i < s.out_h; ++i) {
    for (std::int64_t j = 0; j < s.out_w; ++j) {
      const std::int64_t out = (i * s.out_w + j) * c;
      const Window w(s, i, j);
      for (std::int64_t row = w.rows.begin; row < w.rows.end; ++row) {
        for (std::int64_t column = w.columns.begin; column < w.columns.end; ++column) {
          const std::int64_t place = row * s.width + column;
          take(c, static_cast<std::int32_t>(place), argmax + out, dy + out, dx + place * c);
        }
      }
    }
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(max_row);
HWY_EXPORT(max_image_backward);

void max_pool_forward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                      const float* x, float* y, std::int32_t* argmax) {
  const std::int64_t image = s.height * s.width * s.channels, row = s.out_w * s.channels;
  const double work = static_cast<double>(row * s.pool_h * s.pool_w) * 0.1;
  workers.for_each(batch * s.out_h, work, [&](std::int64_t r) {
    HWY_DYNAMIC_DISPATCH(max_row)
    (s, x + r / s.out_h * image, r % s.out_h, y + r * row,
     argmax != nullptr ? argmax + r * row : nullptr);
  });
}

void max_pool_backward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                       const float* dy, const std::int32_t* argmax, float* dx) {
  const std::int64_t image = s.height * s.width * s.channels;
  const std::int64_t out = s.out_h * s.out_w * s.channels;
  // Windows may overlap, so an image belongs to one thread.
  const double work = static_cast<double>(image + out * s.pool_h * s.pool_w) * 0.1;
  workers.for_each(batch, work, [&](std::int64_t n) {
    HWY_DYNAMIC_DISPATCH(max_image_backward)(s, dy + n * out, argmax + n * out, dx + n * image);
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
