#pragma once

#include <cstdint>
#include <vector>

#include "../core/graph/learning_rate.h"

namespace minnow {

/// values[0] up to and with step boundaries[0], values[1] up to boundaries[1], and so on; the last
/// value from there.
class PiecewiseConstantDecay : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless there is a boundary, one value more than boundaries, the
  /// boundaries ascend, and the values are finite and at least 0.
  PiecewiseConstantDecay(std::vector<std::int64_t> boundaries, std::vector<float> values);

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static LearningRateSchedule from_config(const Config& config);
};

}  // namespace minnow
