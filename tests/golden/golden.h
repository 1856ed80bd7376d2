#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "core/tensor.h"

// What the comparisons with recorded runs share.
namespace minnow::golden {

inline constexpr double weight_bound = 5e-6;
inline constexpr double loss_bound = 2e-6;
inline const std::string folder = MINNOW_SOURCE_DIR "/tests/golden";

inline std::string read_text(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  double largest = 0;
  const auto left = a.values<float>(), right = b.values<float>();
  for (std::size_t i = 0; i < left.size(); ++i) {
    const double d = std::abs(static_cast<double>(left[i]) - static_cast<double>(right[i]));
    largest = std::isfinite(d) ? std::max(largest, d) : INFINITY;
  }
  return largest;
}

inline double relative(double value, double expected) {
  const double d = std::abs(value - expected) / std::max(1.0, std::abs(expected));
  return std::isfinite(d) ? d : INFINITY;
}

}  // namespace minnow::golden
