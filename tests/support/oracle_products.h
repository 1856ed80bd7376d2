#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "core/kernels/conv2d.h"
#include "core/kernels/pool2d.h"
#include "tests/support/numbers.h"

namespace minnow::test::oracle {

/// A (m x k) times B (k x n), all in rows.
template <class T>
std::vector<T> product(std::int64_t m, std::int64_t n, std::int64_t k, const std::vector<T>& a,
                       const std::vector<T>& b) {
  std::vector<T> c(static_cast<std::size_t>(m * n));
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t p = 0; p < k; ++p) {
      const T x = a[static_cast<std::size_t>(i * k + p)];
      for (std::int64_t j = 0; j < n; ++j) {
        c[static_cast<std::size_t>(i * n + j)] += x * b[static_cast<std::size_t>(p * n + j)];
      }
    }
  }
  return c;
}

/// The convolution by its definition: every tap asks whether it lies in the image. X and K may be
/// of different types, for derivatives by one of them.
template <class X, class K>
auto convolve(const kernels::Conv2DSize& s, std::int64_t batch, const std::vector<X>& x,
              const std::vector<K>& kernel) {
  using T = decltype(X{} * K{});
  const std::int64_t channels = s.channels / s.groups, filters = s.filters / s.groups;
  std::vector<T> y(static_cast<std::size_t>(batch * s.out_h * s.out_w * s.filters));
  std::size_t out = 0;
  for (std::int64_t n = 0; n < batch; ++n) {
    for (std::int64_t i = 0; i < s.out_h; ++i) {
      for (std::int64_t j = 0; j < s.out_w; ++j) {
        for (std::int64_t f = 0; f < s.filters; ++f, ++out) {
          for (std::int64_t a = 0; a < s.kernel_h; ++a) {
            for (std::int64_t b = 0; b < s.kernel_w; ++b) {
              const std::int64_t row = i * s.stride_h + a * s.dilation_h - s.pad_top;
              const std::int64_t column = j * s.stride_w + b * s.dilation_w - s.pad_left;
              if (row < 0 || row >= s.height || column < 0 || column >= s.width) continue;
              for (std::int64_t c = 0; c < channels; ++c) {
                const std::int64_t from =
                    ((n * s.height + row) * s.width + column) * s.channels + f / filters * channels;
                const std::int64_t tap = ((a * s.kernel_w + b) * channels + c) * s.filters + f;
                y[out] +=
                    x[static_cast<std::size_t>(from + c)] * kernel[static_cast<std::size_t>(tap)];
              }
            }
          }
        }
      }
    }
  }
  return y;
}

/// Calls f(output index, input index) for every number of every pooling window.
template <class F>
void for_windows(const kernels::Pool2DSize& s, std::int64_t batch, F&& f) {
  std::size_t out = 0;
  for (std::int64_t n = 0; n < batch; ++n) {
    for (std::int64_t i = 0; i < s.out_h; ++i) {
      for (std::int64_t j = 0; j < s.out_w; ++j) {
        for (std::int64_t c = 0; c < s.channels; ++c, ++out) {
          for (std::int64_t a = 0; a < s.pool_h; ++a) {
            for (std::int64_t b = 0; b < s.pool_w; ++b) {
              const std::int64_t row = i * s.stride_h + a - s.pad_top;
              const std::int64_t column = j * s.stride_w + b - s.pad_left;
              if (row < 0 || row >= s.height || column < 0 || column >= s.width) continue;
              const std::int64_t in = ((n * s.height + row) * s.width + column) * s.channels + c;
              f(out, static_cast<std::size_t>(in));
            }
          }
        }
      }
    }
  }
}

template <class T>
std::vector<T> max_pool(const kernels::Pool2DSize& s, std::int64_t batch, const std::vector<T>& x) {
  const auto size = static_cast<std::size_t>(batch * s.out_h * s.out_w * s.channels);
  std::vector<T> y(size, T(-std::numeric_limits<double>::infinity()));
  for_windows(s, batch, [&](std::size_t out, std::size_t in) {
    if (real_part(x[in]) > real_part(y[out])) y[out] = x[in];
  });
  return y;
}

template <class T>
std::vector<T> average_pool(const kernels::Pool2DSize& s, std::int64_t batch,
                            const std::vector<T>& x) {
  const auto size = static_cast<std::size_t>(batch * s.out_h * s.out_w * s.channels);
  std::vector<T> y(size);
  std::vector<double> counts(size);
  for_windows(s, batch, [&](std::size_t out, std::size_t in) {
    y[out] += x[in];
    counts[out] += 1;
  });
  for (std::size_t i = 0; i < size; ++i) y[i] /= counts[i];
  return y;
}

}  // namespace minnow::test::oracle
