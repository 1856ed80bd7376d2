#include <algorithm>

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pool2d.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

// NaN beats numbers, so that it stays visible; the first NaN stays.
bool beats(float challenger, float best) {
  const bool is_nan = challenger != challenger, best_is_nan = best != best;
  return challenger > best || (is_nan && !best_is_nan);
}

void take_larger(std::int64_t channels, const float* __restrict x, float* __restrict y) {
  for (std::int64_t c = 0; c < channels; ++c) y[c] = beats(x[c], y[c]) ? x[c] : y[c];
}

void take_larger(std::int64_t channels, const float* __restrict x, float* __restrict y,
                 std::int32_t place, std::int32_t* __restrict argmax) {
  for (std::int64_t c = 0; c < channels; ++c) {
    const bool take = beats(x[c], y[c]);
    y[c] = take ? x[c] : y[c];
    argmax[c] = take ? place : argmax[c];
  }
}

}  // namespace

void max_pool_forward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                      const float* x, float* y, std::int32_t* argmax) {
  const std::int64_t c = s.channels;
  const double work = static_cast<double>(s.out_w * s.pool_h * s.pool_w * c) * 0.5;
  workers.for_each(batch * s.out_h, work, [&](std::int64_t r) {
    const float* image = x + r / s.out_h * s.height * s.width * c;
    const std::int64_t top = r % s.out_h * s.stride_h - s.pad_top;
    const Span rows = places_inside(top, 1, s.height, s.pool_h);
    for (std::int64_t j = 0; j < s.out_w; ++j) {
      const std::int64_t left = j * s.stride_w - s.pad_left;
      const Span columns = places_inside(left, 1, s.width, s.pool_w);
      const std::int64_t out = (r * s.out_w + j) * c;
      const std::int64_t first = (top + rows.begin) * s.width + left + columns.begin;
      std::copy_n(image + first * c, c, y + out);
      if (argmax != nullptr) std::fill_n(argmax + out, c, static_cast<std::int32_t>(first));
      for (std::int64_t a = rows.begin; a < rows.end; ++a) {
        for (std::int64_t b = columns.begin; b < columns.end; ++b) {
          const std::int64_t place = (top + a) * s.width + left + b;
          if (argmax == nullptr) {
            take_larger(c, image + place * c, y + out);
          } else {
            take_larger(c, image + place * c, y + out, static_cast<std::int32_t>(place),
                        argmax + out);
          }
        }
      }
    }
  });
}

void max_pool_backward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                       const float* dy, const std::int32_t* argmax, float* dx) {
  const std::int64_t c = s.channels;
  const std::int64_t in_size = s.height * s.width * c, out_places = s.out_h * s.out_w;
  // Windows may overlap, so an image belongs to one thread.
  workers.for_each(batch, static_cast<double>(in_size) * 0.2 + static_cast<double>(out_places * c),
                   [&](std::int64_t n) {
                     float* image = dx + n * in_size;
                     std::fill_n(image, in_size, 0.0F);
                     for (std::int64_t place = 0; place < out_places; ++place) {
                       const std::int64_t out = (n * out_places + place) * c;
                       for (std::int64_t k = 0; k < c; ++k) {
                         image[argmax[out + k] * c + k] += dy[out + k];
                       }
                     }
                   });
}

}  // namespace minnow::kernels
