#include <algorithm>
#include <array>

#include "core/kernels/elementwise.h"
#include "core/parallel.h"
#include "core/rng.h"

namespace minnow::kernels {
namespace {

std::uint32_t low_half(std::uint64_t v) { return static_cast<std::uint32_t>(v); }
std::uint32_t high_half(std::uint64_t v) { return static_cast<std::uint32_t>(v >> 32); }

// Number i's draw is word i % 4 of the block with the counter (i / 4, step).
std::array<std::uint32_t, 4> draw(const NoiseKey& noise, std::int64_t block) {
  const auto place = static_cast<std::uint64_t>(block);
  return philox4x32(
      {low_half(place), high_half(place), low_half(noise.step), high_half(noise.step)}, noise.key);
}

}  // namespace

void dropout(const Workers& workers, std::int64_t n, float rate, const NoiseKey& noise,
             const float* x, float* y) {
  const float scale = 1 / (1 - rate);
  workers.for_each((n + 3) / 4, 12, [&](std::int64_t block) {
    const auto words = draw(noise, block);
    const std::int64_t first = block * 4, count = std::min<std::int64_t>(4, n - first);
    for (std::int64_t i = 0; i < count; ++i) {
      const float uniform = static_cast<float>(words[static_cast<std::size_t>(i)] >> 8) * 0x1p-24F;
      y[first + i] = uniform >= rate ? x[first + i] * scale : 0.0F;
    }
  });
}

}  // namespace minnow::kernels
