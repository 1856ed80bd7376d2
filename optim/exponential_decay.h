#pragma once

#include <cstdint>

#include "../core/graph/learning_rate.h"

namespace minnow {

struct ExponentialDecayOptions {
  bool staircase = false;  ///< the exponent in whole numbers
};

/// initial_learning_rate decay_rate^(step / decay_steps).
class ExponentialDecay : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless the rates are finite and at least 0 and decay_steps at
  /// least 1.
  ExponentialDecay(float initial_learning_rate, std::int64_t decay_steps, float decay_rate,
                   ExponentialDecayOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static LearningRateSchedule from_config(const Config& config);
};

}  // namespace minnow
