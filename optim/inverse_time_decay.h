#pragma once

#include <cstdint>

#include "../core/graph/learning_rate.h"

namespace minnow {

struct InverseTimeDecayOptions {
  bool staircase = false;  ///< step / decay_steps in whole numbers
};

/// initial_learning_rate / (1 + decay_rate step / decay_steps).
class InverseTimeDecay : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless the rates are finite and at least 0 and decay_steps at
  /// least 1.
  InverseTimeDecay(float initial_learning_rate, std::int64_t decay_steps, float decay_rate,
                   InverseTimeDecayOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static LearningRateSchedule from_config(const Config& config);
};

}  // namespace minnow
