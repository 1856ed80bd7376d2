#include <algorithm>

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pool2d.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

// Calls f(place in the image, count of numbers in the window) for every place of a window.
template <class F>
void for_window(const Pool2DSize& s, std::int64_t i, std::int64_t j, F&& f) {
  const std::int64_t top = i * s.stride_h - s.pad_top, left = j * s.stride_w - s.pad_left;
  const Span rows = places_inside(top, 1, s.height, s.pool_h);
  const Span columns = places_inside(left, 1, s.width, s.pool_w);
  const auto count = static_cast<float>(rows.size() * columns.size());
  for (std::int64_t a = rows.begin; a < rows.end; ++a) {
    for (std::int64_t b = columns.begin; b < columns.end; ++b) {
      f((top + a) * s.width + left + b, count);
    }
  }
}

double work_of(const Pool2DSize& s, std::int64_t windows) {
  return static_cast<double>(windows * s.pool_h * s.pool_w * s.channels) * 0.4;
}

}  // namespace

void average_pool_forward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                          const float* x, float* y) {
  const std::int64_t c = s.channels;
  workers.for_each(batch * s.out_h, work_of(s, s.out_w), [&](std::int64_t r) {
    const float* image = x + r / s.out_h * s.height * s.width * c;
    for (std::int64_t j = 0; j < s.out_w; ++j) {
      float* __restrict out = y + (r * s.out_w + j) * c;
      std::fill_n(out, c, 0.0F);
      float count = 1;
      for_window(s, r % s.out_h, j, [&](std::int64_t place, float numbers) {
        const float* __restrict from = image + place * c;
        for (std::int64_t k = 0; k < c; ++k) out[k] += from[k];
        count = numbers;
      });
      for (std::int64_t k = 0; k < c; ++k) out[k] /= count;
    }
  });
}

void average_pool_backward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                           const float* dy, float* dx) {
  const std::int64_t c = s.channels;
  const std::int64_t in_size = s.height * s.width * c;
  // Windows may overlap, so an image belongs to one thread.
  workers.for_each(batch, work_of(s, s.out_h * s.out_w), [&](std::int64_t n) {
    float* image = dx + n * in_size;
    std::fill_n(image, in_size, 0.0F);
    for (std::int64_t i = 0; i < s.out_h; ++i) {
      for (std::int64_t j = 0; j < s.out_w; ++j) {
        const float* __restrict from = dy + ((n * s.out_h + i) * s.out_w + j) * c;
        for_window(s, i, j, [&](std::int64_t place, float numbers) {
          float* __restrict to = image + place * c;
          for (std::int64_t k = 0; k < c; ++k) to[k] += from[k] / numbers;
        });
      }
    }
  });
}

}  // namespace minnow::kernels
