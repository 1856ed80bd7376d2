#pragma once

#include <cstdint>

#include "rng.h"
#include "tensor.h"

namespace minnow {

/// float32, uniform in [low, high). Throws InvalidArgument unless low < high and both are finite.
Tensor uniform(const Shape& shape, Rng& rng, float low = 0, float high = 1);
/// float32, normal. Throws InvalidArgument where stddev is negative or a parameter is not finite.
Tensor normal(const Shape& shape, Rng& rng, float mean = 0, float stddev = 1);
/// int64, uniform over low, ..., high - 1, as numpy's. Throws InvalidArgument unless low < high.
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, Rng& rng);
/// int64, 0 ... n - 1 in random order (Fisher-Yates). Throws InvalidArgument where n < 0.
Tensor permutation(std::int64_t n, Rng& rng);

}  // namespace minnow
