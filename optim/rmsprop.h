#pragma once

#include <optional>

#include "../core/graph/optimizer.h"

namespace minnow {

struct RMSpropOptions {
  LearningRate learning_rate = 1e-3F;
  float rho = 0.9F;
  float momentum = 0;
  float epsilon = 1e-7F;
  bool centered = false;  ///< divide by the root of the variance, not of the mean square
  std::optional<float> weight_decay = std::nullopt;
  std::optional<float> clipnorm = std::nullopt;
  std::optional<float> clipvalue = std::nullopt;
  std::optional<float> global_clipnorm = std::nullopt;
};

/// RMSprop (Tieleman and Hinton, "Lecture 6.5: RMSprop", 2012), as in Keras. For a gradient g:
///
///     velocity = rho velocity + (1 - rho) g^2
///     step = learning_rate g / sqrt(velocity + epsilon)
///     w -= step, or with momentum:  m = momentum m + step,  w -= m
///
/// With centered, average = rho average + (1 - rho) g, and its square is taken from the velocity
/// under the root.
class RMSprop : public Optimizer {
 public:
  /// Throws InvalidArgument unless learning_rate and epsilon are finite and above 0, rho and
  /// momentum lie in [0, 1), decay and clips are finite and not negative, and there is one clip at
  /// most.
  explicit RMSprop(RMSpropOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Optimizer from_config(const Config& config);
};

}  // namespace minnow
