#pragma once

#include <cstdint>

#include "conv2d_taps.h"

// Internal to core/kernels: depthwise convolutions of the kernels that most have, of three columns,
// a row of outputs at a time with its edges. Numbers of x stay in registers for all outputs that
// see them. Compiled once for each instruction set.
namespace minnow::kernels {

/// Whether the instruction set takes them.
bool depthwise_takes_threes();

/// The fewest channels and outputs in a row.
constexpr std::int64_t least_channels_of_threes = 16, least_outputs_of_threes = 4;

/// A row of outputs. `down` rows of the kernel meet rows of x.
struct DepthwiseRow {
  std::int64_t count, channels;
  std::int64_t stride;  ///< 1 or 2
  std::int64_t down;
  const float* x;  ///< the first of those rows
  std::int64_t x_width, x_row;
  std::int64_t pad_left;  ///< at most 2, and so many columns behind the row
  const float* kernel;
  const float* bias;  ///< or null
  float* y;
};

/// y = bias + sum over the taps of x times their weights, number by number.
void run_depthwise_row(const DepthwiseRow& row);

/// Rows of outputs of a 3 x 3 kernel.
struct DepthwiseProducts3x3 {
  std::int64_t rows, count;  ///< outputs
  std::int64_t channels;
  const float* x;  ///< the image
  std::int64_t x_height, x_width;
  std::int64_t pad_top, pad_left;
  std::int64_t stride_h, stride_w, dilation_h;
  Span inner;            ///< the columns of outputs all of whose taps lie inside
  const float* nothing;  ///< a row of zeros, as wide as x's
  const float* dy;
  float* sum;  ///< 3 x 3 x channels
};

/// sum[a, b] += sum over the outputs of what tap (a, b) sees times dy, number by number.
void run_depthwise_products(const DepthwiseProducts3x3& job);

}  // namespace minnow::kernels
