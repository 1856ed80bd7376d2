#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/numbers.h"
#include "tests/support/oracle_functions.h"

// The losses of one row: `p` is what the network says, `t` the targets (of a sparse loss: 1 at the
// label, 0 elsewhere).
namespace minnow::test::oracle {

/// Clipped by the real part to [1e-7, 1 - 1e-7] as float32 has them.
template <class T>
T clip(const T& p) {
  const auto low = static_cast<double>(1e-7F), high = static_cast<double>(1.0F - 0x1p-23F);
  if (real_part(p) < low) return T(low);
  if (real_part(p) > high) return T(high);
  return p;
}

template <class T>
T softmax_crossentropy(const std::vector<T>& p, const std::vector<double>& t) {
  using std::exp, std::log;
  double highest = real_part(p[0]);
  for (const T& v : p) highest = std::max(highest, real_part(v));
  T sum{}, value{};
  for (const T& v : p) sum += exp(v - highest);
  for (std::size_t j = 0; j < p.size(); ++j) value += t[j] * (highest + log(sum) - p[j]);
  return value;
}

template <class T>
T sparse_crossentropy(const std::vector<T>& p, const std::vector<double>& t) {
  using std::log;
  T sum{}, value{};
  for (const T& v : p) sum += clip(v);
  for (std::size_t j = 0; j < p.size(); ++j) value -= t[j] * log(clip(p[j]) / sum);
  return value;
}

template <class T>
T dense_crossentropy(const std::vector<T>& p, const std::vector<double>& t) {
  using std::log;
  T sum{}, value{};
  for (const T& v : p) sum += v;
  for (std::size_t j = 0; j < p.size(); ++j) value -= t[j] * log(clip(T(p[j] / sum)));
  return value;
}

template <class T>
T sigmoid_crossentropy(const std::vector<T>& p, const std::vector<double>& t) {
  T value{};
  for (std::size_t j = 0; j < p.size(); ++j) value += softplus(p[j]) - p[j] * t[j];
  return value / static_cast<double>(p.size());
}

template <class T>
T binary_crossentropy(const std::vector<T>& p, const std::vector<double>& t) {
  using std::log;
  T value{};
  for (std::size_t j = 0; j < p.size(); ++j) {
    const T c = clip(p[j]);
    value -= t[j] * log(c) + (1 - t[j]) * log(1.0 - c);
  }
  return value / static_cast<double>(p.size());
}

template <class T>
T mean_squared_error(const std::vector<T>& p, const std::vector<double>& t) {
  T value{};
  for (std::size_t j = 0; j < p.size(); ++j) value += (p[j] - t[j]) * (p[j] - t[j]);
  return value / static_cast<double>(p.size());
}

}  // namespace minnow::test::oracle
