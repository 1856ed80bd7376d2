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

// Corners are decided by the real part.
template <class T>
T size_of(const T& v) {
  return real_part(v) < 0 ? T(-v) : v;
}
template <class T>
T at_least(const T& v, double least) {
  return real_part(v) < least ? T(least) : v;
}
inline constexpr double loss_epsilon = 1e-7F;

// The mean of f(p[j], t[j]).
template <class T, class F>
T mean_of(const std::vector<T>& p, const std::vector<double>& t, F&& f) {
  T value{};
  for (std::size_t j = 0; j < p.size(); ++j) value += T(f(p[j], t[j]));
  return value / static_cast<double>(p.size());
}

template <class T>
T mean_absolute_error(const std::vector<T>& p, const std::vector<double>& t) {
  return mean_of(p, t, [](const T& x, double y) { return size_of(T(x - y)); });
}

template <class T>
T mean_absolute_percentage_error(const std::vector<T>& p, const std::vector<double>& t) {
  return mean_of(p, t, [](const T& x, double y) {
    return 100.0 * size_of(T((x - y) / std::max(std::fabs(y), loss_epsilon)));
  });
}

template <class T>
T mean_squared_logarithmic_error(const std::vector<T>& p, const std::vector<double>& t) {
  using std::log;
  return mean_of(p, t, [](const T& x, double y) {
    const T d = log(at_least(x, loss_epsilon) + 1.0) - log(std::max(y, loss_epsilon) + 1);
    return d * d;
  });
}

template <class T>
T huber(const std::vector<T>& p, const std::vector<double>& t) {  // for delta = 1/4
  return mean_of(p, t, [](const T& x, double y) {
    const T e = x - y;
    return real_part(size_of(e)) <= 0.25 ? T(0.5 * e * e) : T(0.25 * size_of(e) - 0.5 * 0.0625);
  });
}

template <class T>
T log_cosh(const std::vector<T>& p, const std::vector<double>& t) {
  using std::cosh, std::log;
  return mean_of(p, t, [](const T& x, double y) { return log(cosh(x - y)); });
}

template <class T>
T hinge(const std::vector<T>& p, const std::vector<double>& t) {
  return mean_of(p, t, [](const T& x, double y) { return at_least(T(1.0 - y * x), 0); });
}

template <class T>
T squared_hinge(const std::vector<T>& p, const std::vector<double>& t) {
  return mean_of(p, t, [](const T& x, double y) {
    const T missing = at_least(T(1.0 - y * x), 0);
    return missing * missing;
  });
}

template <class T>
T categorical_hinge(const std::vector<T>& p, const std::vector<double>& t) {
  T right{}, wrong = (1 - t[0]) * p[0];
  for (std::size_t j = 0; j < p.size(); ++j) {
    right += t[j] * p[j];
    const T other = (1 - t[j]) * p[j];
    if (real_part(other) > real_part(wrong)) wrong = other;
  }
  return at_least(T(wrong - right + 1.0), 0);
}

template <class T>
T kl_divergence(const std::vector<T>& p, const std::vector<double>& t) {
  using std::log;
  T value{};
  for (std::size_t j = 0; j < p.size(); ++j) {
    const double y = std::clamp(t[j], loss_epsilon, 1.0);
    const T x = real_part(p[j]) > 1 ? T(1) : at_least(p[j], loss_epsilon);
    value += y * (std::log(y) - log(x));
  }
  return value;
}

template <class T>
T poisson(const std::vector<T>& p, const std::vector<double>& t) {
  using std::log;
  return mean_of(p, t, [](const T& x, double y) { return x - y * log(x + loss_epsilon); });
}

}  // namespace minnow::test::oracle
