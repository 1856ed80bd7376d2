#include "core/kernels/conv2d_widened.h"

#include <algorithm>

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/tile.h"

namespace minnow::kernels {

std::int64_t neighbours_as_one(const Conv2DSize& s, std::int64_t batch) {
  if (!taps_adjoin(s)) return 1;
  const std::int64_t lanes = tiles().lanes, outputs = batch * s.out_h * s.out_w;
  const auto wide = [&](std::int64_t count) { return s.kernel_w + (count - 1) * s.stride_w; };
  // Columns of the kernel that a row of outputs meets, those behind the last whole neighbours by
  // themselves.
  const auto columns = [&](std::int64_t count) {
    return s.out_w / count * wide(count) + s.out_w % count * s.kernel_w;
  };
  std::int64_t best = 1;
  for (std::int64_t count = 2; count * s.filters <= lanes; ++count) {
    // To write the kernel should take little of the time.
    if (8 * wide(count) * count * s.filters > outputs * s.kernel_w ||
        s.kernel_h * wide(count) * s.channels > Widened::most_terms) {
      break;
    }
    if (columns(count) < columns(best)) best = count;
  }
  return 10 * columns(best) <= 9 * columns(1) ? best : 1;
}

Widened::Widened(const Conv2DSize& s, std::int64_t count, const float* kernel, const float* bias)
    : size_(s), has_bias_(bias != nullptr) {
  size_.kernel_w += (count - 1) * s.stride_w;
  size_.stride_w *= count;
  size_.out_w /= count;
  size_.filters *= count;
  const std::int64_t terms = s.kernel_w * s.channels;  // in a row
  std::fill_n(kernel_, s.kernel_h * size_.kernel_w * s.channels * size_.filters, 0.0F);
  for (std::int64_t a = 0; a < s.kernel_h; ++a) {
    for (std::int64_t t = 0; t < terms; ++t, kernel += s.filters) {
      for (std::int64_t q = 0; q < count; ++q) {
        const std::int64_t term = (a * size_.kernel_w + q * s.stride_w) * s.channels + t;
        std::copy_n(kernel, s.filters, kernel_ + term * size_.filters + q * s.filters);
      }
    }
  }
  for (std::int64_t q = 0; q < count && has_bias_; ++q) {
    std::copy_n(bias, s.filters, bias_ + q * s.filters);
  }
}

}  // namespace minnow::kernels
