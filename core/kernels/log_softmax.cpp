#include <algorithm>
#include <cmath>

#include "core/kernels/spans.h"

namespace minnow::kernels {
namespace {

void log_softmax_row(std::int64_t n, const float* x, float* y) {
  const float highest = highest_of(n, x);
  const auto log_sum = static_cast<float>(std::log(exponentials(n, x, highest, nullptr)));
  for (std::int64_t j = 0; j < n; ++j) y[j] = (x[j] - highest) - log_sum;
}

void log_softmax_row_backward(std::int64_t n, const float* y, const float* dy, float* dx) {
  constexpr std::int64_t some = 256;
  double sum = 0;
  for (std::int64_t j = 0; j < n; ++j) sum += dy[j];
  const auto total = static_cast<float>(sum);
  for (std::int64_t i = 0; i < n; i += some) {
    float p[some];
    const std::int64_t width = std::min(some, n - i);
    exp_span(width, y + i, p);
    for (std::int64_t j = 0; j < width; ++j) dx[i + j] = dy[i + j] - p[j] * total;
  }
}

}  // namespace

void log_softmax_rows(std::int64_t rows, std::int64_t n, const float* x, float* y) noexcept {
  for (std::int64_t i = 0; n > 0 && i < rows; ++i) log_softmax_row(n, x + i * n, y + i * n);
}

void log_softmax_rows_backward(std::int64_t rows, std::int64_t n, const float* y, const float* dy,
                               float* dx) noexcept {
  for (std::int64_t i = 0; i < rows; ++i) {
    log_softmax_row_backward(n, y + i * n, dy + i * n, dx + i * n);
  }
}

}  // namespace minnow::kernels
