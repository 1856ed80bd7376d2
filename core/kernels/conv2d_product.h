#pragma once

#include <cstdint>

#include "conv2d.h"

// Internal to core/kernels: convolutions that are a product of two matrices as they lie in memory.
namespace minnow::kernels {

/// Whether each place of the image belongs to one output alone, and outputs see what lies together:
/// a kernel of one place, or as large as the image; without strides, padding and groups. With a row
/// of x for what an output sees, and one of y for its filters: y = x k, dx = dy k^T, dk = x^T dy.
inline bool is_product(const Conv2DSize& s) {
  if (s.groups > 1 || s.pad_top > 0 || s.pad_left > 0) return false;
  const bool single = s.kernel_h == 1 && s.kernel_w == 1 && s.stride_h == 1 && s.stride_w == 1 &&
                      s.out_h == s.height && s.out_w == s.width;
  const bool whole = s.kernel_h == s.height && s.kernel_w == s.width && s.dilation_h == 1 &&
                     s.dilation_w == 1 && s.out_h == 1 && s.out_w == 1;
  return single || whole;
}

/// The rows of such a product, and the numbers that an output sees.
struct ProductSides {
  std::int64_t outputs, seen;

  ProductSides(const Conv2DSize& s, std::int64_t batch)
      : outputs(batch * s.out_h * s.out_w), seen(s.kernel_h * s.kernel_w * s.channels) {}
};

}  // namespace minnow::kernels
