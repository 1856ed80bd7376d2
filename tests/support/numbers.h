#pragma once

#include <algorithm>
#include <complex>
#include <cstdint>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace minnow::test {

inline constexpr float nan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float inf = std::numeric_limits<float>::infinity();

/// What the oracles compute in: double, or complex<double> for derivatives by the complex step.
template <class T>
inline constexpr bool is_complex = !std::is_floating_point_v<T>;

/// The part of a number that decides: comparisons, clipping and relu look at nothing else.
template <class T>
double real_part(const T& v) {
  if constexpr (is_complex<T>) {
    return v.real();
  } else {
    return static_cast<double>(v);
  }
}

/// `n` numbers, uniform in [low, high), the same ones for the same seed.
inline std::vector<float> random_numbers(std::int64_t n, unsigned seed, float low = -1,
                                         float high = 1) {
  std::mt19937 engine(seed);
  std::vector<float> v(static_cast<std::size_t>(n));
  for (float& x : v) {
    x = low + (high - low) * (static_cast<float>(engine() >> 8) * 0x1p-24F);
  }
  return v;
}

/// Memory that must be overwritten, not read.
inline std::vector<float> all_nan(std::int64_t n) {
  return std::vector<float>(static_cast<std::size_t>(n), std::numeric_limits<float>::quiet_NaN());
}

/// The same numbers in another type.
template <class T = double, class U>
std::vector<T> widen(const std::vector<U>& v) {
  return std::vector<T>(v.begin(), v.end());
}

/// sum of a[i] b[i].
template <class T, class U>
T dot(const std::vector<T>& a, const std::vector<U>& b) {
  T sum{};
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * static_cast<double>(b[i]);
  return sum;
}

}  // namespace minnow::test
