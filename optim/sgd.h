#pragma once

#include <optional>

#include "../core/graph/optimizer.h"

namespace minnow {

struct SGDOptions {
  LearningRate learning_rate = 0.01F;
  float momentum = 0;
  bool nesterov = false;
  std::optional<float> weight_decay = std::nullopt;
  std::optional<float> clipnorm = std::nullopt;
  std::optional<float> clipvalue = std::nullopt;
  std::optional<float> global_clipnorm = std::nullopt;
};

/// Stochastic gradient descent. For a gradient g: w -= learning_rate g; with momentum
///
///     velocity = momentum velocity - learning_rate g,  w += velocity
///
/// or, with nesterov, w += momentum velocity - learning_rate g (with the new velocity).
class SGD : public Optimizer {
 public:
  /// Throws InvalidArgument unless learning_rate is finite and above 0, momentum lies in [0, 1),
  /// decay and clips are finite and not negative, and there is one clip at most.
  explicit SGD(SGDOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Optimizer from_config(const Config& config);
};

}  // namespace minnow
