#pragma once

#include <algorithm>
#include <cstdint>

#include "../parallel.h"
#include "conv2d_jobs.h"
#include "elementwise.h"

// Internal to core/kernels: the gradient of a small kernel, of which too little is to be computed
// at once to share it out.
namespace minnow::kernels {

/// Room for the numbers of all pieces, kernel and bias.
constexpr std::int64_t most_piece_numbers = 32768;

inline std::int64_t kernel_numbers(const Conv2DSize& s) noexcept {
  return s.kernel_h * s.kernel_w * (s.channels / s.groups) * s.filters;
}

/// How many pieces `rows` output rows of a batch are cut into: a small kernel has too few parts to
/// share out, and copies of padded images that every thread would make.
inline std::int64_t pieces_of(const Conv2DSize& s, std::int64_t rows) {
  constexpr std::int64_t tiny = 512;  // numbers, which are few tiles
  const std::int64_t most = kernel_numbers(s) <= tiny ? 8 : 4;
  const bool fit = most * (kernel_numbers(s) + s.filters) <= most_piece_numbers;
  return fit ? std::clamp<std::int64_t>(rows / 8, 1, most) : 1;
}

/// For calls that have nothing to remember.
struct NoMemory {};

/// Cuts the batch into pieces, whose number must depend on the sizes alone: f(job, i, some, memory)
/// writes some of the `parts` of the gradient of piece i of `pieces`; their sum, in their order, is
/// that of `job`. `work` is that of all of it; a thread's calls have one memory.
template <class Memory = NoMemory, class F>
void sum_pieces(const Workers& workers, const KernelGradientJob& job, std::int64_t pieces,
                std::int64_t parts, double work, F&& f) {
  if (pieces == 1) {
    return workers.for_range(parts, work / static_cast<double>(parts),
                             [&](std::int64_t begin, std::int64_t end) {
                               Memory memory;
                               f(job, 0, {begin, end}, memory);
                             });
  }
  alignas(64) float sums[most_piece_numbers];
  const std::int64_t count = kernel_numbers(job.size);
  const std::int64_t each = count + (job.dbias != nullptr ? job.size.filters : 0);
  const std::int64_t units = pieces * parts;
  workers.for_range(
      units, work / static_cast<double>(units), [&](std::int64_t u, std::int64_t end) {
        Memory memory;
        while (u < end) {
          const std::int64_t i = u / parts;
          const Span some{u % parts, std::min(parts, end - i * parts)};
          float* dkernel = sums + i * each;
          float* dbias = job.dbias != nullptr ? dkernel + count : nullptr;
          f(KernelGradientJob{job.size, job.batch, job.x, job.dy, dkernel, dbias, false}, i, some,
            memory);
          u = i * parts + some.end;
        }
      });
  const auto add_up = [&](std::int64_t first, std::int64_t n, float* out) {
    if (!job.accumulate) std::copy_n(sums + first, n, out);
    for (std::int64_t i = job.accumulate ? 0 : 1; i < pieces; ++i) {
      add_to(workers, n, sums + i * each + first, out);
    }
  };
  add_up(0, count, job.dkernel);
  add_up(count, each - count, job.dbias);
}

}  // namespace minnow::kernels
