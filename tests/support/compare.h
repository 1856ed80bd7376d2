#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace minnow::test {

/// How near_all measures and names places.
struct Against {
  double scale = 0;  ///< what the tolerance is a part of; 0: the largest expected
  std::vector<std::int64_t> shape = {};  ///< for naming places; empty: a flat index
};

/// "[1, 0, 7]" of a flat index.
inline std::string place_name(std::size_t flat, const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return fmt::format("[{}]", flat);
  std::string name;
  auto rest = static_cast<std::int64_t>(flat);
  for (auto axis = shape.rbegin(); axis != shape.rend(); ++axis) {
    name = fmt::format("{}{}{}", rest % *axis, name.empty() ? "" : ", ", name);
    rest /= *axis;
  }
  return "[" + name + "]";
}

/// The range of what is finite, and how much is not.
template <class Numbers>
std::string describe_range(const Numbers& numbers) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::size_t special = 0;
  for (const double v : numbers) {
    if (std::isfinite(v)) {
      low = std::min(low, v);
      high = std::max(high, v);
    } else {
      ++special;
    }
  }
  const std::string rest = special == 0 ? "" : fmt::format(" and {} NaN or infinite", special);
  if (low > high) return "nothing finite" + rest;
  return fmt::format("{:.9g} to {:.9g}{}", low, high, rest);
}

/// The distance of two numbers: 0 for NaN and NaN or equal infinities, infinite for NaN and a
/// number.
inline double difference(double expected, double actual) {
  if (expected == actual || (std::isnan(expected) && std::isnan(actual))) return 0;
  const double d = std::fabs(expected - actual);
  return std::isnan(d) ? std::numeric_limits<double>::infinity() : d;
}

/// Whether all |actual - expected| <= tolerance * scale. A failure tells how many are beyond it,
/// the largest absolute and relative differences with place and both values, and both ranges.
template <class Expected, class Actual>
testing::AssertionResult near_all(const Expected& expected, const Actual& actual, double tolerance,
                                  const Against& against = {}) {
  if (expected.size() != actual.size()) {
    return testing::AssertionFailure()
           << fmt::format("expected {} numbers, got {}", expected.size(), actual.size());
  }
  double scale = against.scale;
  for (const double e : expected) {
    if (against.scale == 0 && std::isfinite(e)) scale = std::max(scale, std::fabs(e));
  }
  std::size_t beyond = 0, worst = 0, worst_relative = 0;
  double largest = -1, largest_relative = -1;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto e = static_cast<double>(expected[i]);
    const double d = difference(e, static_cast<double>(actual[i]));
    const double relative = d == 0   ? 0
                            : e == 0 ? std::numeric_limits<double>::infinity()
                                     : d / std::fabs(e);
    if (!(d <= tolerance * scale)) ++beyond;
    if (d > largest) largest = d, worst = i;
    if (relative > largest_relative) largest_relative = relative, worst_relative = i;
  }
  if (beyond == 0) return testing::AssertionSuccess();
  const auto line = [&](const char* what, double value, std::size_t i) {
    return fmt::format("\n  largest {} difference {:.3g} at {}: expected {:.9g}, got {:.9g}", what,
                       value, place_name(i, against.shape), static_cast<double>(expected[i]),
                       static_cast<double>(actual[i]));
  };
  return testing::AssertionFailure()
         << fmt::format("{} of {} numbers differ by more than {:.3g} x {:.6g}", beyond,
                        expected.size(), tolerance, scale)
         << line("absolute", largest, worst) << line("relative", largest_relative, worst_relative)
         << "\n  expected " << describe_range(expected) << "\n  got      "
         << describe_range(actual);
}

/// Whether every |actual - expected| <= tolerance * |expected|, for what must hold far out too.
template <class Expected, class Actual>
testing::AssertionResult near_each(const Expected& expected, const Actual& actual,
                                   double tolerance) {
  for (std::size_t i = 0; i < std::min(expected.size(), actual.size()); ++i) {
    const auto e = static_cast<double>(expected[i]), a = static_cast<double>(actual[i]);
    if (!(difference(e, a) <= tolerance * std::fabs(e)) && difference(e, a) != 0) {
      return near_all(expected, actual, 0) << "\n  beyond " << tolerance << " of it at [" << i
                                           << "]: expected " << e << ", got " << a;
    }
  }
  return near_all(expected, actual, std::numeric_limits<double>::infinity());
}

/// Whether two arrays are the same to the bit.
template <class T>
testing::AssertionResult same_bits(const std::vector<T>& expected, const std::vector<T>& actual) {
  if (expected.size() == actual.size() &&
      (expected.empty() ||
       std::memcmp(expected.data(), actual.data(), expected.size() * sizeof(T)) == 0)) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "bits differ: " << near_all(expected, actual, 0).message();
}

}  // namespace minnow::test
