#pragma once

#include <cstdint>
#include <string>

#include "../core/graph/constraint.h"
#include "../core/graph/initializer.h"
#include "../core/graph/layer.h"
#include "../core/graph/regularizer.h"

namespace minnow {

struct BatchNormalizationOptions {
  std::int64_t axis = -1;  ///< of the features: the last one
  float momentum = 0.99F;
  float epsilon = 1e-3F;
  bool center = true;  ///< add beta
  bool scale = true;   ///< multiply by gamma
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Initializer moving_mean_initializer = "zeros";
  Initializer moving_variance_initializer = "ones";
  std::string name = "";
  bool trainable = true;
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
};

/// gamma (x - mean) / sqrt(variance + epsilon) + beta for each feature of the last axis (Ioffe and
/// Szegedy, 2015). In training mean and variance are the batch's, over its rows and all other axes,
/// and after the step
///
///     moving_mean = momentum moving_mean + (1 - momentum) mean
///
/// and the variance alike; otherwise, and in a layer that is not trainable, they are the moving
/// ones. Another axis than the last is Unimplemented when the layer is built. Weights, all of
/// (features,): gamma, beta, and moving_mean, moving_variance, which no gradient reaches.
class BatchNormalization : public Layer {
 public:
  /// Throws InvalidArgument unless momentum lies in [0, 1] and epsilon is finite and at least 0.
  explicit BatchNormalization(BatchNormalizationOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
