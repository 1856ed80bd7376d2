#pragma once

#include <cstdint>
#include <string>

#include "../core/graph/activation_arg.h"
#include "../core/graph/constraint.h"
#include "../core/graph/initializer.h"
#include "../core/graph/layer.h"
#include "../core/graph/regularizer.h"

namespace minnow {

struct DenseOptions {
  ActivationArg activation = ActivationKind::linear;
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  std::string name = "";
  bool trainable = true;
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
};

/// y = activation(x kernel + bias) on the last axis: (..., features) -> (..., units). Weights:
/// kernel (features, units) and bias (units,).
class Dense : public Layer {
 public:
  /// Throws InvalidArgument unless units >= 1.
  explicit Dense(std::int64_t units, DenseOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
