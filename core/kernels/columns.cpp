#include "core/kernels/columns.h"

#include <algorithm>
#include <array>

#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr double ns_per_number = 0.3;

// Numbers of the columns, repeated where they are few, so that loops are long.
class Repeated {
 public:
  Repeated(std::int64_t cols, const float* values)
      : period_(cols < shortest ? longest / cols * cols : cols), values_(values) {
    if (period_ == cols || values == nullptr) return;
    for (std::int64_t i = 0; i < period_; ++i)
      numbers_[static_cast<std::size_t>(i)] = values[i % cols];
    values_ = numbers_.data();
  }
  Repeated(const Repeated&) = delete;
  Repeated& operator=(const Repeated&) = delete;

  std::int64_t period() const { return period_; }
  const float* data() const { return values_; }

 private:
  static constexpr std::int64_t shortest = 64, longest = 256;
  std::int64_t period_;
  const float* values_;
  std::array<float, longest> numbers_;
};

// f(first number, its column, numbers) for pieces of rows of `period` columns, n numbers in all.
template <class F>
void for_row_pieces(const Workers& workers, std::int64_t n, std::int64_t period, F&& f) {
  workers.for_range(n, ns_per_number, [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t first = begin % period, some = std::min(period - first, end - begin);
      f(begin, first, some);
      begin += some;
    }
  });
}

}  // namespace

void scale_columns(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
                   const float* scale, const float* shift, float* y) {
  const Repeated scales(cols, scale), shifts(cols, shift);
  const auto run = [&](std::int64_t at, std::int64_t first, std::int64_t some) {
    const float* s = scales.data() + first;
    if (shift == nullptr) {
      for (std::int64_t j = 0; j < some; ++j) y[at + j] = x[at + j] * s[j];
      return;
    }
    const float* b = shifts.data() + first;
    for (std::int64_t j = 0; j < some; ++j) y[at + j] = x[at + j] * s[j] + b[j];
  };
  for_row_pieces(workers, rows * cols, scales.period(), run);
}

void standardize_columns(const Workers& workers, std::int64_t rows, std::int64_t cols,
                         const float* x, const float* mean, const float* spread, float* y) {
  const Repeated means(cols, mean), spreads(cols, spread);
  for_row_pieces(workers, rows * cols, means.period(),
                 [&](std::int64_t at, std::int64_t first, std::int64_t some) {
                   const float *m = means.data() + first, *s = spreads.data() + first;
                   for (std::int64_t j = 0; j < some; ++j) y[at + j] = (x[at + j] - m[j]) / s[j];
                 });
}

void scale_channels(const Workers& workers, std::int64_t rows, std::int64_t places,
                    std::int64_t channels, const float* x, const float* scale, float* y) {
  workers.for_each(rows * places, ns_per_number * static_cast<double>(channels),
                   [&](std::int64_t i) {
                     const float* s = scale + i / places * channels;
                     const float* from = x + i * channels;
                     float* to = y + i * channels;
                     for (std::int64_t c = 0; c < channels; ++c) to[c] = from[c] * s[c];
                   });
}

void prelu_forward(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
                   const float* alpha, float* y) {
  const Repeated alphas(cols, alpha);
  for_row_pieces(workers, rows * cols, alphas.period(),
                 [&](std::int64_t at, std::int64_t first, std::int64_t some) {
                   const float* a = alphas.data() + first;
                   for (std::int64_t j = 0; j < some; ++j) {
                     const float v = x[at + j], below = a[j] * v;
                     y[at + j] = v > 0 ? v : below;
                   }
                 });
}

void prelu_backward(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
                    const float* alpha, const float* dy, float* dx, float* dalpha) {
  if (dx != nullptr) {
    const Repeated alphas(cols, alpha);
    for_row_pieces(workers, rows * cols, alphas.period(),
                   [&](std::int64_t at, std::int64_t first, std::int64_t some) {
                     const float* a = alphas.data() + first;
                     for (std::int64_t j = 0; j < some; ++j) {
                       const float v = x[at + j], d = dy[at + j], sloped = a[j] * d;
                       const float below = v < 0 ? sloped : 0.0F;
                       dx[at + j] = v > 0 ? d : below;
                     }
                   });
  }
  if (dalpha == nullptr) return;
  constexpr std::int64_t block = 64;  // columns that a thread takes
  workers.for_each((cols + block - 1) / block, ns_per_number * static_cast<double>(rows * block),
                   [&](std::int64_t b) {
                     const std::int64_t first = b * block, some = std::min(block, cols - first);
                     double sum[block] = {};
                     for (std::int64_t i = 0; i < rows; ++i) {
                       const float* v = x + i * cols + first;
                       const float* d = dy + i * cols + first;
                       for (std::int64_t j = 0; j < some; ++j) {
                         const float term = v[j] * d[j];
                         sum[j] += v[j] < 0 ? term : 0.0F;
                       }
                     }
                     for (std::int64_t j = 0; j < some; ++j)
                       dalpha[first + j] = static_cast<float>(sum[j]);
                   });
}

}  // namespace minnow::kernels
