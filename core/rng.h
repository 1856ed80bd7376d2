#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace minnow {

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four
/// random words for each (key, counter), any of them in any order, the same on every platform.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) noexcept;
/// What its rounds multiply with and add to the key, from the paper.
inline constexpr std::array<std::uint32_t, 2> philox_multipliers = {0xD2511F53, 0xCD9E8D57};
inline constexpr std::array<std::uint32_t, 2> philox_increments = {0x9E3779B9, 0xBB67AE85};

/// A stream of random numbers: Philox with the seed as its key; the counter holds the block's
/// number in its low words and the stream in its high words. Passed by reference to whatever draws
/// from it; there is no global one.
class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::uint64_t stream = 0) noexcept;
  /// The stream that belongs to a name under a seed, as a weight's path.
  Rng(std::uint64_t seed, std::string_view path) noexcept;

  std::uint32_t next_u32() noexcept;
  /// Two words of 32 bits, the low one first.
  std::uint64_t next_u64() noexcept;
  /// Uniform in [0, 1), 24 random bits: every value is a float.
  float uniform() noexcept { return static_cast<float>(next_u32() >> 8) * 0x1p-24F; }
  /// Uniform in [0, bound), without bias (Lemire 2019); bound > 0. One word each below 2^32.
  std::uint64_t below(std::uint64_t bound) noexcept;
  /// Standard normal, by inversion (normal_quantile); the same bits on every platform.
  double normal() noexcept;

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> block_{};
  std::uint64_t stream_;
  std::uint64_t counter_ = 0;
  int used_ = 4;  // words of block_ already given out
};

/// What a standard normal variable stays below with probability p; NaN unless 0 < p < 1. Accurate
/// to about 1e-16 (M. J. Wichura, "Algorithm AS 241: The percentage points of the normal
/// distribution", Applied Statistics 37, 1988, routine PPND16), the same bits on every platform.
double normal_quantile(double p) noexcept;

/// A 64-bit hash of a text (FNV-1a), for streams that belong to a name.
std::uint64_t hash_name(std::string_view name) noexcept;

}  // namespace minnow
