#include <algorithm>

#include "core/kernels/conv2d_taps.h"
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

namespace {

// The places of [begin, begin + length) that lie in [0, limit).
Span inside(std::int64_t begin, std::int64_t length, std::int64_t limit) {
  return {std::max<std::int64_t>(begin, 0), std::min(begin + length, limit)};
}
// Those of the windows of row i and of column j of the output that lie in the image.
Span rows_of_windows(const Pool2DSize& s, std::int64_t i) {
  return inside(i * s.stride_h - s.pad_top, s.pool_h, s.height);
}
Span columns_of_windows(const Pool2DSize& s, std::int64_t j) {
  return inside(j * s.stride_w - s.pad_left, s.pool_w, s.width);
}

// f(windows, the first one's first place in the image, its column in the output) for the windows of
// row i of the output: those beside one another that lie in the image at once.
template <class F>
void for_windows(const Pool2DSize& s, std::int64_t i, F&& f) {
  const Span rows = rows_of_windows(s, i);
  const auto run = [&](std::int64_t j, std::int64_t count) {
    const Span columns = columns_of_windows(s, j);
    f(Windows{rows.size(), columns.size(), count}, rows.begin * s.width + columns.begin, j);
  };
  const Span whole = places_inside(-s.pad_left, s.stride_w, s.width - s.pool_w + 1, s.out_w);
  for (std::int64_t j = 0; j < whole.begin; ++j) run(j, 1);
  if (whole.size() > 0) run(whole.begin, whole.size());
  for (std::int64_t j = whole.end; j < s.out_w; ++j) run(j, 1);
}

// Whether each place along an axis lies in one window, and in no other.
bool in_one_window(std::int64_t length, std::int64_t pool, std::int64_t stride, std::int64_t pad,
                   std::int64_t out) {
  return pool == stride && out * stride - pad >= length;
}

}  // namespace

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
  const bool add = !in_one_window(s.height, s.pool_h, s.stride_h, s.pad_top, s.out_h) ||
                   !in_one_window(s.width, s.pool_w, s.stride_w, s.pad_left, s.out_w);
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
