#pragma once

#include <cstdint>

#include "../core/graph/learning_rate.h"

namespace minnow {

struct PolynomialDecayOptions {
  float end_learning_rate = 1e-4F;
  float power = 1;
  bool cycle =
      false;  ///< start again, over a longer and longer time, instead of staying at the end
};

/// end + (initial - end) (1 - step / decay_steps)^power, and end from decay_steps on; with `cycle`,
/// decay_steps is the next of its multiples.
class PolynomialDecay : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless the rates and power are finite and at least 0 and decay_steps at
  /// least 1.
  PolynomialDecay(float initial_learning_rate, std::int64_t decay_steps,
                  PolynomialDecayOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static LearningRateSchedule from_config(const Config& config);
};

}  // namespace minnow
