#pragma once

#include <cstdint>

#include "conv2d.h"
#include "conv2d_offsets.h"

// Internal to core/kernels: a convolution to so few filters that much of a register would stay
// empty, as one whose outputs are several neighbours of a row, each with its filters.
namespace minnow::kernels {

/// How many neighbours are best taken as one: 1 where that does not pay.
std::int64_t neighbours_as_one(const Conv2DSize& size, std::int64_t batch);

/// The first of `count` neighbours sees the first kernel_w columns, the q-th those q stride_w
/// further on: together kernel_w + (count - 1) stride_w. With zeros in the kernel where one of them
/// sees nothing, and their filters beside one another, as they lie in y, a row has `count` times
/// fewer outputs. The zeros are multiplied too, which wastes less than lanes without a filter do;
/// so NaN or infinity in x makes NaN of what neighbours give, too.
class Widened {
 public:
  /// Of a convolution as conv2d_forward takes it, and for as many neighbours as pay; `bias` may be
  /// null.
  Widened(const Conv2DSize& size, std::int64_t count, const float* kernel, const float* bias);

  const Conv2DSize& size() const { return size_; }
  const float* kernel() const { return kernel_; }
  const float* bias() const { return has_bias_ ? bias_ : nullptr; }

  /// As few as go through a tile at a time: so its sums have the same bits.
  static constexpr std::int64_t most_terms = Offsets::most_terms;
  static constexpr std::int64_t most_filters = 16;

 private:
  Conv2DSize size_;
  bool has_bias_;
  alignas(64) float kernel_[most_terms * most_filters];
  float bias_[most_filters];
};

}  // namespace minnow::kernels
