#pragma once

#include <cstdint>

#include "../core/graph/learning_rate.h"

namespace minnow {

struct CosineDecayRestartsOptions {
  float t_mul = 2;  ///< how much longer each period is than the one before
  float m_mul = 1;  ///< what part of the one before it starts with
  float alpha = 0;  ///< the part of the rate that is left at the end of a period
};

/// Cosine decays one behind the other, the first over first_decay_steps (Loshchilov and Hutter,
/// "SGDR: stochastic gradient descent with warm restarts", ICLR 2017).
class CosineDecayRestarts : public LearningRateSchedule {
 public:
  /// Throws InvalidArgument unless the rate, m_mul and alpha are finite and at least 0, t_mul
  /// finite and at least 1, and first_decay_steps at least 1.
  CosineDecayRestarts(float initial_learning_rate, std::int64_t first_decay_steps,
                      CosineDecayRestartsOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static LearningRateSchedule from_config(const Config& config);
};

}  // namespace minnow
