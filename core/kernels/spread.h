#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace minnow::kernels {

/// How a smaller array lies under a larger one, as numpy broadcasts: while the larger one's axis i
/// moves on by one, the smaller moves on by stride[i] numbers, 0 where one number serves all.
/// Axes that go together are one. The last stride is 0 or 1.
struct Spread {
  static constexpr int most_axes = 8;
  int axes = 1;
  std::array<std::int64_t, most_axes> size = {1};    ///< of the larger array
  std::array<std::int64_t, most_axes> stride = {1};  ///< in the smaller one
  std::int64_t numel = 1;                            ///< of the larger array
  std::int64_t small_numel = 1;

  /// Whether both are the same array.
  bool plain() const noexcept { return axes == 1 && stride[0] == 1; }
};

/// Lays `small` under `large`: as many axes, each of the same size or 1.
Spread make_spread(std::span<const std::int64_t> large, std::span<const std::int64_t> small);

/// The place in the smaller array under number i of the larger one.
std::int64_t place_under(const Spread& spread, std::int64_t i) noexcept;

/// out = numbers [begin, end) of the larger array's, each the one of `small` under it.
void expand(const Spread& spread, std::int64_t begin, std::int64_t end, const float* small,
            float* out) noexcept;

/// small += numbers [begin, end) of the larger array's, each to the one under it.
void reduce(const Spread& spread, std::int64_t begin, std::int64_t end, const float* from,
            float* small) noexcept;

}  // namespace minnow::kernels
