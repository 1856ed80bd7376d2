#pragma once

#include <cstdint>
#include <vector>

#include "tests/layers/layer_cases.h"

// What the naive layers of several kinds have in common.
namespace minnow::test {

inline std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

// y[i] = x[from(row, i)] for `numel` numbers a row, 0 where `from` is below 0.
template <class F>
Oracle taken(std::int64_t x_numel, std::int64_t numel, F from) {
  return oracle_of([=](std::int64_t rows, const auto& x, const auto&) {
    typename std::decay_t<decltype(x)> y(at(rows * numel));
    for (std::int64_t i = 0; i < rows * numel; ++i) {
      const std::int64_t place = from(i % numel);
      if (place >= 0) y[at(i)] = x[at(i / numel * x_numel + place)];
    }
    return y;
  });
}

// y[i] = f(x[i], i, weights).
template <class F>
Oracle mapped(F f) {
  return oracle_of([=](std::int64_t, const auto& x, const auto& weights) {
    auto y = x;
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = f(x[i], static_cast<std::int64_t>(i), weights);
    }
    return y;
  });
}

// The mean and the mean square of distances from it, of every k-th of x from `first` to `end`.
template <class T>
struct Moments {
  T mean{}, variance{};
};
template <class T>
Moments<T> moments(const std::vector<T>& x, std::int64_t first, std::int64_t end,
                   std::int64_t step) {
  Moments<T> m;
  double n = 0;
  for (std::int64_t i = first; i < end; i += step, ++n) m.mean += x[at(i)];
  m.mean /= n;
  for (std::int64_t i = first; i < end; i += step) {
    m.variance += (x[at(i)] - m.mean) * (x[at(i)] - m.mean) / n;
  }
  return m;
}

}  // namespace minnow::test
