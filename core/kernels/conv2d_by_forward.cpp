#include "core/kernels/conv2d_by_forward.h"

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pack.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t most_numbers = 40960;  // of a kernel: 64 channels, as many filters, 3 x 3

}  // namespace

bool goes_forward(const Conv2DSize& s) {
  if (s.filters == 1 && s.channels > 8) return false;  // sums of few terms: slower
  return s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 && taps_adjoin(s) &&
         s.kernel_h * s.kernel_w * s.channels * s.filters <= most_numbers;
}

void input_gradient_forward(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                            const float* dy, const float* kernel, float* dx) {
  const Conv2DSize turned{.height = s.out_h,
                          .width = s.out_w,
                          .channels = s.filters,
                          .kernel_h = s.kernel_h,
                          .kernel_w = s.kernel_w,
                          .filters = s.channels,
                          .out_h = s.height,
                          .out_w = s.width,
                          .pad_top = s.kernel_h - 1 - s.pad_top,
                          .pad_left = s.kernel_w - 1 - s.pad_left};
  alignas(64) float numbers[most_numbers];
  const std::int64_t taps = s.kernel_h * s.kernel_w, of_tap = s.channels * s.filters;
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    pack_columns({kernel + (taps - 1 - tap) * of_tap, s.filters, /*transposed=*/true},
                 {0, s.filters}, 0, s.channels, s.channels, numbers + tap * of_tap);
  }
  conv2d_forward(workers, turned, batch, dy, numbers, dx, {});
}

}  // namespace minnow::kernels
