#pragma once

#include <cstdint>

// Internal to core/kernels: one row against a matrix, which is read once, in whole rows.
namespace minnow::kernels {

/// c[j] = max(floor, (add ? c[j] : 0) + bias[j] + sum over p < terms of a[p a_step] b[p b_row + j])
/// for at most most_columns columns; NaN stays NaN. The terms are added in their order; or, in
/// quarters, one of each quarter after the other: B then comes in four long streams, which arrive
/// faster than rows that lie side by side (1.5 times from a core's second cache on a Zen 5).
struct RowJob {
  static constexpr std::int64_t most_columns = 1024;
  std::int64_t terms, columns;
  const float* a;
  std::int64_t a_step;
  const float* b;
  std::int64_t b_row;
  bool in_quarters = false;
  const float* bias = nullptr;
  float* c;
  bool add = false;
  float floor;
};

void multiply_row(const RowJob& job);

}  // namespace minnow::kernels
