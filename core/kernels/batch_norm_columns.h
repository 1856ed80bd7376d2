#pragma once

#include <array>
#include <cstdint>

// Internal to core/kernels: what batch normalisation does to columns of a matrix. It is compiled
// once for each instruction set; what feeds it is compiled once.
namespace minnow::kernels {

/// Some columns beside one another, at most `widest` of them; `stride` numbers lie from a row to
/// the next one.
struct ColumnBlock {
  static constexpr std::int64_t widest = 128;
  /// Rows that are added up in float before they join a sum in double.
  static constexpr std::int64_t few_rows = 64;

  std::int64_t rows, cols, stride;
};

/// Of so many rows, each column's mean and squares of the distances from it.
struct Moments {
  std::int64_t rows = 0;
  std::array<double, ColumnBlock::widest> mean{}, squares{};
};

/// Of each column.
struct NormSums {
  std::array<double, ColumnBlock::widest> dy{}, dy_x{};
};

/// Adds a block's rows to the moments.
void add_moments(const ColumnBlock& block, const float* x, Moments& moments);
/// Adds to the sums of dy and of dy (x - mean).
void add_norm_sums(const ColumnBlock& block, const float* x, const float* dy, const float* mean,
                   NormSums& sums);
/// y = (x - mean) scale + shift
void normalize(const ColumnBlock& block, const float* x, const float* mean, const float* scale,
               const float* shift, float* y);
/// dx = (dy - shift) scale + (x - mean) slope
void denormalize(const ColumnBlock& block, const float* x, const float* dy, const float* mean,
                 const float* scale, const float* shift, const float* slope, float* dx);
/// dx = dy scale
void scale_block(const ColumnBlock& block, const float* dy, const float* scale, float* dx);

}  // namespace minnow::kernels
