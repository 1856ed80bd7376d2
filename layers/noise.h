#pragma once

#include <cstdint>
#include <optional>

#include "../core/graph/run.h"

namespace minnow {

/// The noise of a layer that may have a seed of its own.
inline kernels::NoiseKey seeded(kernels::NoiseKey noise, std::optional<std::int64_t> seed) {
  if (seed) {
    const auto bits = static_cast<std::uint64_t>(*seed);
    noise.key = {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)};
  }
  return noise;
}

}  // namespace minnow
