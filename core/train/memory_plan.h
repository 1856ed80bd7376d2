#pragma once

#include <cstdint>
#include <string>

namespace minnow {

/// The memory of training, in bytes, as it will be allocated.
struct MemoryPlan {
  std::int64_t batch_size = 0;
  std::int64_t weights = 0;
  std::int64_t gradients = 0;
  std::int64_t optimizer_state = 0;
  /// Activations, their gradients, scratch and the batch itself; of large batches, one slice of
  /// rows at a time, so that it grows no further.
  std::int64_t arena = 0;

  std::int64_t total() const noexcept { return weights + gradients + optimizer_state + arena; }
};

}  // namespace minnow
