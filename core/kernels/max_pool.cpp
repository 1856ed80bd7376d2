#include <algorithm>

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pool2d.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/max_pool.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target: plain loops, vectorised by the
// compiler.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// NaN beats numbers, so that it stays visible; the first NaN stays.
HWY_INLINE bool beats(float challenger, float best) {
  return !(challenger <= best) && best == best;
}

void take_larger(std::int64_t channels, const float* HWY_RESTRICT x, float* HWY_RESTRICT y) {
  for (std::int64_t c = 0; c < channels; ++c) y[c] = beats(x[c], y[c]) ? x[c] : y[c];
}

void take_larger(std::int64_t channels, const float* HWY_RESTRICT x, float* HWY_RESTRICT y,
                 std::int32_t place, std::int32_t* HWY_RESTRICT argmax) {
  for (std::int64_t c = 0; c < channels; ++c) {
    const bool take = beats(x[c], y[c]);
    y[c] = take ? x[c] : y[c];
    argmax[c] = take ? place : argmax[c];
  }
}

// What of dy went to `place`.
void add_won(std::int64_t channels, std::int32_t place, const std::int32_t* HWY_RESTRICT argmax,
             const float* HWY_RESTRICT dy, float* HWY_RESTRICT dx) {
  for (std::int64_t c = 0; c < channels; ++c) dx[c] += argmax[c] == place ? dy[c] : 0.0F;
}

// f(place) for the places of the window at output (i, j) that lie in the image.
template <class F>
HWY_INLINE void for_window(const Pool2DSize& s, std::int64_t i, std::int64_t j, F&& f) {
  const std::int64_t top = i * s.stride_h - s.pad_top, left = j * s.stride_w - s.pad_left;
  const Span rows = places_inside(top, 1, s.height, s.pool_h);
  const Span columns = places_inside(left, 1, s.width, s.pool_w);
  for (std::int64_t a = rows.begin; a < rows.end; ++a) {
    for (std::int64_t b = columns.begin; b < columns.end; ++b) f((top + a) * s.width + left + b);
  }
}

}  // namespace

// Row i of one image's output.
void max_row(const Pool2DSize& s, const float* image, std::int64_t i, float* y,
             std::int32_t* argmax) {
  const std::int64_t c = s.channels;
  for (std::int64_t j = 0; j < s.out_w; ++j) {
    bool first = true;
    for_window(s, i, j, [&](std::int64_t p) {
      const float* x = image + p * c;
      const auto place = static_cast<std::int32_t>(p);
      if (first) {
        std::copy_n(x, c, y + j * c);
        if (argmax != nullptr) std::fill_n(argmax + j * c, c, place);
        first = false;
      } else if (argmax != nullptr) {
        take_larger(c, x, y + j * c, place, argmax + j * c);
      } else {
        take_larger(c, x, y + j * c);
      }
    });
  }
}

void max_image_backward(const Pool2DSize& s, const float* dy, const std::int32_t* argmax,
                        float* dx) {
  const std::int64_t c = s.channels;
  std::fill_n(dx, s.height * s.width * c, 0.0F);
  for (std::int64_t i = 0; i < s.out_h; ++i) {
    for (std::int64_t j = 0; j < s.out_w; ++j) {
      const std::int64_t out = (i * s.out_w + j) * c;
      for_window(s, i, j, [&](std::int64_t p) {
        add_won(c, static_cast<std::int32_t>(p), argmax + out, dy + out, dx + p * c);
      });
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
