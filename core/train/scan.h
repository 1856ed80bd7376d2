#pragma once

#include <cstdint>

#include "../parallel.h"
#include "../tensor.h"

namespace minnow {

/// What one look over some values tells. Sums are taken in chunks of fixed size, so the result
/// does not depend on the threads.
struct ValueScan {
  std::int64_t count = 0;
  double min = 0, max = 0, mean = 0;
  double stddev = 0;             ///< population
  std::int64_t non_finite = -1;  ///< index of the first NaN or infinity, or -1
};

/// Scans all values, each times `scale`.
ValueScan scan_values(const Workers& workers, const Tensor& x, double scale = 1);

/// Scans `count` values from `first` on, `stride` apart (a feature, or a sample).
ValueScan scan_strided(const Tensor& x, std::int64_t first, std::int64_t count, std::int64_t stride,
                       double scale = 1);

}  // namespace minnow
