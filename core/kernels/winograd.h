#pragma once

#include <algorithm>
#include <cstdint>

#include "conv2d.h"

// Internal to core/kernels: convolutions with kernels of 3 x 3 by minimal filtering, 16 products
// for 2 x 2 outputs instead of 36. The method is S. Winograd's, for networks that of A. Lavin and
// S. Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308 (2015):
//
//   y = A'((G k G') * (B' x B)) A   for each patch of 4 x 4 inputs, summed over channels,
//
// where * is by number and A, B, G hold 0, +-1 and +-1/2. The gradients are its transposes. Sums
// of few numbers come before the products, so errors stay within a few times those of direct sums;
// NaN in an input reaches all outputs of its patches.
namespace minnow::kernels {

/// Patches in an image.
inline std::int64_t patches_in(const Conv2DSize& s) noexcept {
  return (s.out_h + 1) / 2 * ((s.out_w + 1) / 2);
}

/// So many are transformed, multiplied and transformed back while they are in cache: whole register
/// tiles, and alike on all instruction sets, so that sums are cut alike.
constexpr std::int64_t some_patches = 12;

/// The work of one of them, in nanoseconds.
inline double work_of_patch(const Conv2DSize& s) noexcept {
  return 0.25 * static_cast<double>(s.channels * s.filters) +
         2.0 * static_cast<double>(s.channels + s.filters);
}

/// A kernel goes through the products in blocks: so many numbers at most in each of 16 planes, and
/// so many channels or filters.
constexpr std::int64_t most_weights = 2048, widest_block = 64;

/// The columns of a block to which so many terms are summed.
inline std::int64_t columns_of_block(std::int64_t terms) noexcept {
  const std::int64_t whole = (std::min(terms, widest_block) + 15) / 16 * 16;
  return std::min(widest_block, most_weights / whole);
}

/// Whether it is one block that sums so many terms to so many columns.
inline bool is_one_block(std::int64_t terms, std::int64_t columns) noexcept {
  return terms <= widest_block && columns <= columns_of_block(terms);
}

/// Whether the outputs of a batch, or its input gradients, can be computed so and are worth the
/// kernel's transform.
bool winograd_fits(const Conv2DSize& size, std::int64_t batch) noexcept;

/// The same for a kernel gradient.
bool winograd_kernel_fits(const Conv2DSize& size, std::int64_t batch) noexcept;

/// As conv2d_forward.
void winograd_forward(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                      const float* x, const float* kernel, float* y, const Epilogue& epilogue);

/// As conv2d_backward_input.
void winograd_backward_input(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                             const float* dy, const float* kernel, float* dx);

/// As conv2d_backward_kernel.
void winograd_backward_kernel(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                              const float* x, const float* dy, float* dkernel, float* dbias,
                              bool accumulate);

}  // namespace minnow::kernels
