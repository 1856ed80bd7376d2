#pragma once

#include <cstdint>

#include "../parallel.h"
#include "conv2d_jobs.h"

// Internal to core/kernels: the gradient of a small kernel, of which too little is to be computed
// at once to share it out.
namespace minnow::kernels {

/// Room for the numbers of all pieces, kernel and bias.
constexpr std::int64_t most_piece_numbers = 32768;

inline std::int64_t kernel_numbers(const Conv2DSize& s) noexcept {
  return s.kernel_h * s.kernel_w * (s.channels / s.groups) * s.filters;
}

/// Cuts the batch into pieces, whose number must depend on the sizes alone: f(job, i) writes the
/// gradient of piece i of `pieces`; their sum, in their order, is that of `job`. `work` is that of
/// all of it.
template <class F>
void sum_pieces(const Workers& workers, const KernelGradientJob& job, std::int64_t pieces,
                double work, F&& f) {
  alignas(64) float sums[most_piece_numbers];
  const std::int64_t count = kernel_numbers(job.size);
  const std::int64_t each = count + (job.dbias != nullptr ? job.size.filters : 0);
  workers.for_each(pieces, work / static_cast<double>(pieces), [&](std::int64_t i) {
    float* dkernel = sums + i * each;
    float* dbias = job.dbias != nullptr ? dkernel + count : nullptr;
    f(KernelGradientJob{job.size, job.batch, job.x, job.dy, dkernel, dbias, false}, i);
  });
  const auto add_up = [&](std::int64_t first, std::int64_t n, float* out) {
    for (std::int64_t j = 0; j < n; ++j) {
      float sum = job.accumulate ? out[j] : 0.0F;
      for (std::int64_t i = 0; i < pieces; ++i) sum += sums[i * each + first + j];
      out[j] = sum;
    }
  };
  add_up(0, count, job.dkernel);
  add_up(count, each - count, job.dbias);
}

}  // namespace minnow::kernels
