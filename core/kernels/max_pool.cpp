#include <algorithm>

#include "core/kernels/max_windows.h"
#include "core/kernels/pool2d.h"
#include "core/parallel.h"

namespace minnow::kernels {

void Winners::read(std::int64_t count, std::uint32_t* to) const {
  for (std::int64_t c = 0; c < count; ++c) to[c] = in_bytes ? bytes()[c] : words()[c];
}

void Winners::write(const std::uint32_t* from, std::int64_t count) const {
  for (std::int64_t c = 0; c < count; ++c) {
    if (in_bytes) {
      bytes()[c] = static_cast<std::uint8_t>(from[c]);
    } else {
      words()[c] = from[c];
    }
  }
}

void max_with_nan(const Pool2DSize& s, const Windows& w, std::int64_t channels, const float* x,
                  float* y, const Winners& winners) {
  for (std::int64_t c = 0; c < channels; ++c) {
    float best = x[c];
    std::uint32_t won = 0, place = 0;
    for (std::int64_t a = 0; a < w.rows; ++a) {
      for (std::int64_t b = 0; b < w.columns; ++b, ++place) {
        const float v = x[(a * s.width + b) * s.channels + c];
        if (best != best || v <= best) continue;
        best = v;
        won = place;
      }
    }
    y[c] = best;
    if (winners.kept()) winners.from(c).write(&won, 1);
  }
}

void max_pool_forward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                      const float* x, float* y, void* winners) {
  const std::int64_t image = s.height * s.width * s.channels, row = s.out_w * s.channels;
  const double work = static_cast<double>(row * s.pool_h * s.pool_w) * 0.1;
  const Winners all{winners, winner_bytes(s) == 1};
  workers.for_each(batch * s.out_h, work, [&](std::int64_t r) {
    for_windows(s, r % s.out_h, [&](const Windows& w, std::int64_t place, std::int64_t j) {
      const std::int64_t at = r * row + j * s.channels;
      max_of_windows(s, w, x + r / s.out_h * image + place * s.channels, y + at, all.from(at));
    });
  });
}

void max_pool_backward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                       const float* dy, const void* winners, const float* y, float* dx) {
  const std::int64_t image = s.height * s.width * s.channels, row = s.out_w * s.channels;
  // Windows may overlap, so an image belongs to one thread.
  const double work = static_cast<double>(image + s.out_h * row * s.pool_h * s.pool_w) * 0.1;
  const Winners all{const_cast<void*>(winners), winner_bytes(s) == 1};  // which are only read
  const bool add = !windows_tile(s);
  workers.for_each(batch, work, [&](std::int64_t n) {
    float* to = dx + n * image;
    if (add) std::fill_n(to, image, 0.0F);
    for (std::int64_t r = n * s.out_h; r < (n + 1) * s.out_h; ++r) {
      for_windows(s, r % s.out_h, [&](const Windows& w, std::int64_t place, std::int64_t j) {
        const std::int64_t at = r * row + j * s.channels;
        const float* largest = y == nullptr ? nullptr : y + at;
        max_of_windows_backward(s, w, dy + at, all.from(at), largest, add, to + place * s.channels);
      });
    }
  });
}

}  // namespace minnow::kernels
