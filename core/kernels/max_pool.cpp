#include <algorithm>

#include "core/kernels/pool2d.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/max_pool.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#include "core/kernels/tile-inl.h"

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

// The largest numbers of a window, in `n` registers of channels from c on. NaN beats numbers, so
// that it stays visible; the first NaN stays.
template <class D, int n>
HWY_INLINE void max_of(const Pool2DSize& s, const Window& w, const float* image, std::int64_t c,
                       float* y, std::int32_t* argmax) {
  const D d;
  const hn::RebindToSigned<D> places;
  constexpr std::int64_t width = hn::MaxLanes(D());
  const std::int64_t first = w.rows.begin * s.width + w.columns.begin;
  hn::Vec<D> best[n];
  hn::Vec<decltype(places)> won[n];
  unrolled<n>([&](auto v) HWY_ATTR {
    best[v] = hn::LoadU(d, image + first * s.channels + c + v * width);
    won[v] = hn::Set(places, static_cast<std::int32_t>(first));
  });
  for (std::int64_t row = w.rows.begin; row < w.rows.end; ++row) {
    std::int64_t place = row * s.width + w.columns.begin;
    const float* at = image + place * s.channels + c;
    for (std::int64_t left = w.columns.size(); left > 0; --left, ++place, at += s.channels) {
      const auto here = hn::Set(places, static_cast<std::int32_t>(place));
      unrolled<n>([&](auto v) HWY_ATTR {
        const auto x = hn::LoadU(d, at + v * width);
        const auto take = hn::And(hn::Eq(best[v], best[v]), hn::Not(hn::Le(x, best[v])));
        best[v] = hn::IfThenElse(take, x, best[v]);
        won[v] = hn::IfThenElse(hn::RebindMask(places, take), here, won[v]);
      });
    }
  }
  unrolled<n>([&](auto v) HWY_ATTR {
    hn::StoreU(best[v], d, y + c + v * width);
    if (argmax != nullptr) hn::StoreU(won[v], places, argmax + c + v * width);
  });
}

// Whether windows that do not overlap leave no place out.
bool covered(const Pool2DSize& s) {
  std::int64_t rows = 0, columns = 0;
  for (std::int64_t i = 0; i < s.out_h; ++i) rows += Window(s, i, 0).rows.size();
  for (std::int64_t j = 0; j < s.out_w; ++j) columns += Window(s, 0, j).columns.size();
  return rows == s.height && columns == s.width;
}

}  // namespace

// Row i of one image's output.
void max_row(const Pool2DSize& s, const float* image, std::int64_t i, float* y,
             std::int32_t* argmax) {
  using D = hn::ScalableTag<float>;
  for (std::int64_t j = 0; j < s.out_w; ++j) {
    const Window w(s, i, j);
    std::int64_t c = 0;
    for (; c + 4 * lanes <= s.channels; c += 4 * lanes) max_of<D, 4>(s, w, image, c, y, argmax);
    for (; c + 2 * lanes <= s.channels; c += 2 * lanes) max_of<D, 2>(s, w, image, c, y, argmax);
    for (; c + lanes <= s.channels; c += lanes) max_of<D, 1>(s, w, image, c, y, argmax);
    for (; c < s.channels; ++c) max_of<hn::CappedTag<float, 1>, 1>(s, w, image, c, y, argmax);
    y += s.channels;
    if (argmax != nullptr) argmax += s.channels;
  }
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
