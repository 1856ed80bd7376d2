#include "core/kernels/layout.h"

#include <algorithm>

#include "core/parallel.h"

namespace minnow::kernels {

void copy_pieces(const Workers& workers, const Pieces& pieces, const float* x, float* y) {
  workers.for_each(pieces.count, 2 + 0.1 * static_cast<double>(pieces.length), [&](std::int64_t i) {
    std::copy_n(x + i * pieces.from_stride, pieces.length, y + i * pieces.to_stride);
  });
}

void permute(const Workers& workers, const Permutation& p, std::int64_t rows, std::int64_t numel,
             const float* x, float* y) {
  if (p.axes == 0)
    return workers.for_range(rows, 0.3, [&](std::int64_t begin, std::int64_t end) {
      std::copy(x + begin, x + end, y + begin);
    });
  const auto last = static_cast<std::size_t>(p.axes - 1);
  const std::int64_t inner = p.size[last], step = p.stride[last];
  const std::int64_t runs = numel / inner;
  workers.for_each(rows * runs, 3 + static_cast<double>(inner), [&](std::int64_t run) {
    std::int64_t outer = run % runs, offset = run / runs * numel;
    for (std::size_t axis = last; axis-- > 0;) {
      offset += outer % p.size[axis] * p.stride[axis];
      outer /= p.size[axis];
    }
    const float* from = x + offset;
    float* to = y + run * inner;
    for (std::int64_t i = 0; i < inner; ++i) to[i] = from[i * step];
  });
}

void upsample(const Workers& workers, const Upsampling& s, std::int64_t rows, const float* x,
              float* y) {
  const std::int64_t c = s.channels, line = s.width * s.across * c;
  workers.for_each(rows * s.height, 0.2 * static_cast<double>(line * s.down), [&](std::int64_t r) {
    const float* from = x + r * s.width * c;
    float* to = y + r * s.down * line;
    for (std::int64_t j = 0; j < s.width; ++j) {
      for (std::int64_t b = 0; b < s.across; ++b) {
        std::copy_n(from + j * c, c, to + (j * s.across + b) * c);
      }
    }
    for (std::int64_t a = 1; a < s.down; ++a) std::copy_n(to, line, to + a * line);
  });
}

void upsample_backward(const Workers& workers, const Upsampling& s, std::int64_t rows,
                       const float* dy, float* dx) {
  const std::int64_t c = s.channels, line = s.width * s.across * c;
  workers.for_each(rows * s.height, 0.3 * static_cast<double>(line * s.down), [&](std::int64_t r) {
    float* to = dx + r * s.width * c;
    std::fill_n(to, s.width * c, 0.0F);
    for (std::int64_t a = 0; a < s.down; ++a) {
      const float* from = dy + (r * s.down + a) * line;
      for (std::int64_t j = 0; j < s.width * s.across; ++j) {
        float* __restrict sum = to + j / s.across * c;
        for (std::int64_t k = 0; k < c; ++k) sum[k] += from[j * c + k];
      }
    }
  });
}

void pad(const Workers& workers, const Frame& f, std::int64_t rows, const float* x, float* y) {
  const std::int64_t c = f.channels, line = f.out_w * c;
  workers.for_each(rows * f.out_h, 0.1 * static_cast<double>(line), [&](std::int64_t r) {
    float* to = y + r * line;
    const std::int64_t i = r % f.out_h - f.top;
    if (i < 0 || i >= f.height) {
      std::fill_n(to, line, 0.0F);
      return;
    }
    const float* from = x + (r / f.out_h * f.height + i) * f.width * c;
    std::fill_n(to, f.left * c, 0.0F);
    std::copy_n(from, f.width * c, to + f.left * c);
    std::fill(to + (f.left + f.width) * c, to + line, 0.0F);
  });
}

void crop(const Workers& workers, const Frame& f, std::int64_t rows, const float* dy, float* dx) {
  const std::int64_t line = f.width * f.channels;
  workers.for_each(rows * f.height, 0.1 * static_cast<double>(line), [&](std::int64_t r) {
    const std::int64_t i = r / f.height * f.out_h + f.top + r % f.height;
    std::copy_n(dy + (i * f.out_w + f.left) * f.channels, line, dx + r * line);
  });
}

}  // namespace minnow::kernels
