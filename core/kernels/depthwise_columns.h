#pragma once

#include <cstdint>

// Internal to core/kernels: what a depthwise convolution and its gradients are made of. It is
// compiled once for each instruction set; what feeds it is compiled once.
namespace minnow::kernels {

/// Some taps: how many, and how far apart they lie in x and in the kernel.
struct DepthwiseTaps {
  std::int64_t down, across;
  std::int64_t x_row, x_column;
  const float* kernel;  ///< the first one's weights
  std::int64_t kernel_row, kernel_column;
};

/// `count` columns beside one another, of `width` numbers each; x is where their first tap lies.
struct DepthwiseColumns {
  std::int64_t count, width;
  const float* x;
  std::int64_t x_step;
  const float* bias;  ///< or null
  float* y;
  std::int64_t y_step;
};

/// y = bias + sum over the taps of x times their weights, number by number.
void run_depthwise(const DepthwiseTaps& taps, const DepthwiseColumns& columns);

/// Outputs of an image, of `width` numbers each, and where their first tap lies. Up to so many
/// others lie x[t] further on, and each has a sum.
struct DepthwiseProducts {
  static constexpr std::int64_t most_taps = 9;

  std::int64_t rows, columns, width;
  const float* from;
  std::int64_t x_row, x_column;
  const float* dy;
  std::int64_t dy_row;
  std::int64_t taps;
  std::int64_t x[most_taps];
  float* sum[most_taps];
};

/// sum[t] += sum over the outputs of what tap t sees times dy, number by number.
void run_depthwise_products(const DepthwiseProducts& job);

/// total[t, c] += sum over q of part[t, q, c], and part = 0: taps x fold x channels.
void run_depthwise_totals(std::int64_t taps, std::int64_t fold, std::int64_t channels, float* part,
                          double* total);

}  // namespace minnow::kernels
