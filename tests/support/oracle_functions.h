#pragma once

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
  using std::exp, std::tanh;
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

}  // namespace minnow::test::oracle
