#include <algorithm>

#include "core/kernels/pool2d.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/max_pool.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

// What of dy went to `place`.
void add_won(std::int64_t channels, std::int32_t place, const std::int32_t* HWY_RESTRICT argmax,
             const float* HWY_RESTRICT dy, float* HWY_RESTRICT dx) {
  for (std::int64_t c = 0; c < channels; ++c) dx[c] += argmax[c] == place ? dy[c] : 0.0F;
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

constexpr std::int64_t lanes = HWY_LANES(float);

// The largest numbers of a window, in the channels from c on that a register of D holds. NaN beats
// numbers, so that it stays visible; the first NaN stays.
template <class D>
HWY_INLINE void max_of(const Pool2DSize& s, const Window& w, const float* image, std::int64_t c,
                       float* y, std::int32_t* argmax) {
  const D d;
  const hn::RebindToSigned<D> places;
  const std::int64_t first = w.rows.begin * s.width + w.columns.begin;
  auto best = hn::LoadU(d, image + first * s.channels + c);
  auto won = hn::Set(places, static_cast<std::int32_t>(first));
  for (std::int64_t row = w.rows.begin; row < w.rows.end; ++row) {
    std::int64_t place = row * s.width + w.columns.begin;
    const float* at = image + place * s.channels + c;
    for (std::int64_t n = w.columns.size(); n > 0; --n, ++place, at += s.channels) {
      const auto x = hn::LoadU(d, at);
      const auto take = hn::And(hn::Eq(best, best), hn::Not(hn::Le(x, best)));
      best = hn::IfThenElse(take, x, best);
      won = hn::IfThenElse(hn::RebindMask(places, take),
                           hn::Set(places, static_cast<std::int32_t>(place)), won);
    }
  }
  hn::StoreU(best, d, y + c);
  if (argmax != nullptr) hn::StoreU(won, places, argmax + c);
}

}  // namespace

// Row i of one image's output.
void max_row(const Pool2DSize& s, const float* image, std::int64_t i, float* y,
             std::int32_t* argmax) {
  for (std::int64_t j = 0; j < s.out_w; ++j) {
    const Window w(s, i, j);
    std::int64_t c = 0;
    for (; c + lanes <= s.channels; c += lanes) {
      max_of<hn::ScalableTag<float>>(s, w, image, c, y, argmax);
    }
    for (; c < s.channels; ++c) max_of<hn::CappedTag<float, 1>>(s, w, image, c, y, argmax);
    y += s.channels;
    if (argmax != nullptr) argmax += s.channels;
  }
}

void max_image_backward(const Pool2DSize& s, const float* dy, const std::int32_t* argmax,
                        float* dx) {
  const std::int64_t c = s.channels;
  std::fill_n(dx, s.height * s.width * c, 0.0F);
  for (std::int64_t i = 0; i < s.out_h; ++i) {
    for (std::int64_t j = 0; j < s.out_w; ++j) {
      const std::int64_t out = (i * s.out_w + j) * c;
      const Window w(s, i, j);
      for (std::int64_t row = w.rows.begin; row < w.rows.end; ++row) {
        for (std::int64_t column = w.columns.begin; column < w.columns.end; ++column) {
          const std::int64_t place = row * s.width + column;
          add_won(c, static_cast<std::int32_t>(place), argmax + out, dy + out, dx + place * c);
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
