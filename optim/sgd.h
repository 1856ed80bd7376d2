#pragma once

#include "../core/graph/optimizer.h"

namespace minnow {

struct SGDOptions {
  float learning_rate = 0.01F;
  float momentum = 0;
  bool nesterov = false;
};

/// Stochastic gradient descent. For a gradient g: w -= learning_rate g; with momentum
///
///     velocity = momentum velocity - learning_rate g,  w += velocity
///
/// or, with nesterov, w += momentum velocity - learning_rate g (with the new velocity).
class SGD : public Optimizer {
 public:
  /// Throws InvalidArgument unless learning_rate is finite and above 0 and momentum lies in [0, 1).
  explicit SGD(SGDOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Optimizer from_config(const Config& config);
};

}  // namespace minnow
