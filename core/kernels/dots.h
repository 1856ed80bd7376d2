#pragma once

#include <cstdint>

// Internal to core/kernels: products whose terms lie in a row in both operands: each element is a
// dot product, and registers go along the terms, where with few columns no lane stays empty.
namespace minnow::kernels {

/// The terms come in chunks of dot_lanes, the lanes of a sum, which are added up in a fixed order.
constexpr std::int64_t dot_lanes = 16;

/// c[i c_row + j] = max(floor, (add ? c[...] : 0) + bias[j] + sum over t < chunks and l < dot_lanes
///                  of a[i a_row + a_offsets[t] + l] b[j b_row + b_offsets[t] + l]),
/// and NaN stays NaN. At the offsets behind those of the chunks lie `tail` < dot_lanes more terms.
struct DotJob {
  std::int64_t rows, columns;
  std::int64_t chunks;
  const std::int64_t* a_offsets;
  const std::int64_t* b_offsets;
  std::int64_t tail = 0;
  const float* a;
  std::int64_t a_row;
  const float* b;
  std::int64_t b_row;
  const float* bias = nullptr;
  float* c;
  std::int64_t c_row;
  bool add = false;
  float floor;
};

void run_dots(const DotJob& job);

}  // namespace minnow::kernels
