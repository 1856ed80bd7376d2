#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <vector>

#include "core/kernels/activation.h"
#include "tests/support/numbers.h"

// The obvious way to compute things, on double or complex<double>: what the kernels are held to.
namespace minnow::test::oracle {

inline double erf(double z) { return std::erf(z); }
/// erf(a + ih) for h so small that the second term of the series is exact.
inline std::complex<double> erf(const std::complex<double>& z) {
  const double a = z.real();
  const double slope = 2 / std::sqrt(std::numbers::pi) * std::exp(-a * a);
  return {std::erf(a), z.imag() * slope};
}

/// |z| by the real part.
template <class T>
T magnitude(const T& z) {
  return real_part(z) < 0 ? -z : z;
}

template <class T>
T positive_part(const T& z) {
  return real_part(z) <= 0 ? T{} : z;  // NaN stays
}

template <class T>
T bounded(const T& z, double low, double high) {
  return real_part(z) <= low ? T(low) : real_part(z) >= high ? T(high) : z;
}

template <class T>
T sigmoid(const T& z) {
  using std::exp;
  const T e = exp(-magnitude(z));
  return real_part(z) >= 0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

template <class T>
T softplus(const T& z) {
  using std::exp, std::log;
  const T e = exp(-magnitude(z));
  if constexpr (!is_complex<T>) return positive_part(z) + std::log1p(e);
  return positive_part(z) + log(1.0 + e);
}

/// One number's activation (not softmax), straight from the definitions.
template <class T>
T activate(const ActivationFn& f, const T& z) {
  using std::exp, std::sqrt, std::tanh;
  const double slope = f.slope, r = real_part(z);
  switch (f.kind) {
    case ActivationKind::relu:
      return positive_part(z);
    case ActivationKind::sigmoid:
      return sigmoid(z);
    case ActivationKind::tanh:
      return tanh(z);
    case ActivationKind::softplus:
      return softplus(z);
    case ActivationKind::elu:
      return r > 0 ? z : slope * (exp(z) - 1.0);
    case ActivationKind::leaky_relu:
      return r > 0 ? z : slope * z;
    case ActivationKind::silu:
      return z * sigmoid(z);
    case ActivationKind::gelu:
      return 0.5 * z * (1.0 + erf(z / std::numbers::sqrt2));
    case ActivationKind::selu:
      return 1.0507009873554805 * (r > 0 ? z : 1.6732632423543772 * (exp(z) - 1.0));
    case ActivationKind::celu:
      return r > 0 ? z : exp(z) - 1.0;
    case ActivationKind::relu6:
      return bounded(z, 0, 6);
    case ActivationKind::hard_sigmoid:
      return bounded(z / 6.0 + 0.5, 0, 1);
    case ActivationKind::hard_silu:
      return z * bounded(z / 6.0 + 0.5, 0, 1);
    case ActivationKind::hard_tanh:
      return bounded(z, -1, 1);
    case ActivationKind::hard_shrink:
      return std::fabs(r) <= 0.5 ? T{} : z;
    case ActivationKind::soft_shrink:
      return z - bounded(z, -0.5, 0.5);
    case ActivationKind::tanh_shrink:
      return z - tanh(z);
    case ActivationKind::softsign:
      return z / (1.0 + magnitude(z));
    case ActivationKind::squareplus:
      return (z + sqrt(z * z + 4.0)) / 2.0;
    case ActivationKind::sparse_plus:
      return r <= -1 ? T{} : r < 1 ? (z + 1.0) * (z + 1.0) / 4.0 : z;
    case ActivationKind::sparse_sigmoid:
      return 0.5 * (bounded(z, -1, 1) + 1.0);
    case ActivationKind::log_sigmoid:
      return -softplus(-z);
    case ActivationKind::exponential:
      return exp(z);
    case ActivationKind::mish:
      return z * tanh(softplus(z));
    case ActivationKind::gelu_tanh:
      return 0.5 * z * (1.0 + tanh(std::sqrt(2 / std::numbers::pi) * (z + 0.044715 * z * z * z)));
    case ActivationKind::clipped_relu:
      if (r >= static_cast<double>(f.max_value)) return T(static_cast<double>(f.max_value));
      if (r < static_cast<double>(f.threshold)) {
        return slope * (z - static_cast<double>(f.threshold));
      }
      return z;
    default:
      return z;
  }
}

/// Softmax along the middle axis of outer x n x inner.
template <class T>
std::vector<T> softmax(std::int64_t outer, std::int64_t n, std::int64_t inner,
                       const std::vector<T>& x) {
  using std::exp;
  std::vector<T> y(x.size());
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t k = 0; k < inner; ++k) {
      const auto at = [&](std::int64_t i) {
        return static_cast<std::size_t>((o * n + i) * inner + k);
      };
      double highest = real_part(x[at(0)]);
      for (std::int64_t i = 0; i < n; ++i) highest = std::max(highest, real_part(x[at(i)]));
      T sum{};
      for (std::int64_t i = 0; i < n; ++i) sum += exp(x[at(i)] - highest);
      for (std::int64_t i = 0; i < n; ++i) y[at(i)] = exp(x[at(i)] - highest) / sum;
    }
  }
  return y;
}

/// Its logarithm along the last axis of rows x n.
template <class T>
std::vector<T> log_softmax(std::int64_t n, const std::vector<T>& x) {
  using std::exp, std::log;
  std::vector<T> y = x;
  for (std::size_t begin = 0; begin < x.size(); begin += static_cast<std::size_t>(n)) {
    const auto end = begin + static_cast<std::size_t>(n);
    double highest = real_part(x[begin]);
    for (std::size_t i = begin; i < end; ++i) highest = std::max(highest, real_part(x[i]));
    T sum{};
    for (std::size_t i = begin; i < end; ++i) sum += exp(x[i] - highest);
    for (std::size_t i = begin; i < end; ++i) y[i] = x[i] - highest - log(sum);
  }
  return y;
}

}  // namespace minnow::test::oracle
