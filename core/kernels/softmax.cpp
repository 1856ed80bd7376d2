#include <algorithm>

#include "core/kernels/elementwise.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t block = 64;  // places beside one another along the inner axis

// Softmax down a stack of n rows, `stride` apart, for `width` <= block columns.
void softmax_columns(std::int64_t n, std::int64_t stride, std::int64_t width, const float* x,
                     float* y) {
  float highest[block];
  double sum[block] = {};
  std::copy_n(x, width, highest);
  for (std::int64_t i = 1; i < n; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      const float v = x[i * stride + j];
      highest[j] = v > highest[j] ? v : highest[j];
    }
  }
  for (std::int64_t i = 0; i < n; ++i) {
    float* e = y + i * stride;
    for (std::int64_t j = 0; j < width; ++j) e[j] = x[i * stride + j] - highest[j];
    exp_span(width, e, e);
    for (std::int64_t j = 0; j < width; ++j) sum[j] += e[j];
  }
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      y[i * stride + j] = static_cast<float>(y[i * stride + j] / sum[j]);
    }
  }
}

void softmax_columns_backward(std::int64_t n, std::int64_t stride, std::int64_t width,
                              const float* y, const float* dy, float* dx) {
  double dot[block] = {};
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      dot[j] += static_cast<double>(dy[i * stride + j]) * y[i * stride + j];
    }
  }
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < width; ++j) {
      const std::int64_t at = i * stride + j;
      dx[at] = static_cast<float>(y[at] * (dy[at] - dot[j]));
    }
  }
}

// f(offset, width) for every stack of at most block columns.
template <class F>
void for_stacks(const Workers& workers, std::int64_t outer, std::int64_t n, std::int64_t inner,
                double work, F&& f) {
  const std::int64_t blocks = (inner + block - 1) / block;
  const std::int64_t width = std::min(inner, block);
  workers.for_each(outer * blocks, work * static_cast<double>(n * width), [&](std::int64_t i) {
    const std::int64_t first = i % blocks * block;
    f(i / blocks * n * inner + first, std::min(block, inner - first));
  });
}

}  // namespace

void softmax(const Workers& workers, std::int64_t outer, std::int64_t n, std::int64_t inner,
             const float* x, float* y) {
  if (n == 0) return;
  if (inner == 1) {
    workers.for_range(outer, static_cast<double>(n), [&](std::int64_t begin, std::int64_t end) {
      softmax_rows(end - begin, n, x + begin * n, y + begin * n);
    });
    return;
  }
  for_stacks(workers, outer, n, inner, 2, [&](std::int64_t at, std::int64_t width) {
    softmax_columns(n, inner, width, x + at, y + at);
  });
}

void softmax_backward(const Workers& workers, std::int64_t outer, std::int64_t n,
                      std::int64_t inner, const float* y, const float* dy, float* dx) {
  if (inner == 1) {
    workers.for_range(
        outer, 0.6 * static_cast<double>(n), [&](std::int64_t begin, std::int64_t end) {
          softmax_rows_backward(end - begin, n, y + begin * n, dy + begin * n, dx + begin * n);
        });
    return;
  }
  for_stacks(workers, outer, n, inner, 0.6, [&](std::int64_t at, std::int64_t width) {
    softmax_columns_backward(n, inner, width, y + at, dy + at, dx + at);
  });
}

}  // namespace minnow::kernels
