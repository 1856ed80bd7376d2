#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../core/graph/constraint.h"
#include "../core/graph/initializer.h"
#include "../core/graph/layer.h"
#include "../core/graph/regularizer.h"

namespace minnow {

struct LayerNormalizationOptions {
  /// The axes that are normalised together, the last ones of a row: {-1}, {-2, -1}.
  std::vector<std::int64_t> axis = {-1};
  float epsilon = 1e-3F;
  bool center = true;  ///< add beta
  bool scale = true;   ///< multiply by gamma
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  std::string name = "";
  bool trainable = true;
  Regularizer beta_regularizer = {};
  Regularizer gamma_regularizer = {};
  Constraint beta_constraint = {};
  Constraint gamma_constraint = {};
};

/// gamma (x - mean) / sqrt(variance + epsilon) + beta, mean and variance being those of the numbers
/// along the axes (Ba et al., 2016). Weights gamma and beta: of the sizes of the axes.
class LayerNormalization : public Layer {
 public:
  /// Throws InvalidArgument unless there is an axis and epsilon is finite and at least 0.
  explicit LayerNormalization(LayerNormalizationOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
