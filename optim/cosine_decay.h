#pragma once

#include <cstdint>
#include <optional>

#include "../core/graph/learning_rate.h"

namespace minnow {

struct CosineDecayOptions {
  float alpha = 0;  ///< the part of the rate that is left at the end
  /// Where a linear warm-up from initial_learning_rate leads, from which the decay then starts.
  std::optional<float> warmup_target = std::nullopt;
  std::int64_t warmup_steps = 0;
};

/// rate ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha), and rate alpha from decay_steps
/// on: half a cosine (Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm
/// restarts", ICLR 2017).
class CosineDecay : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless the rates and alpha are finite and at least 0, decay_steps at
  /// least 1 and warmup_steps at least 0.
  CosineDecay(float initial_learning_rate, std::int64_t decay_steps,
              CosineDecayOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static LearningRateSchedule from_config(const Config& config);
};

}  // namespace minnow
