#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../core/graph/constraint.h"
#include "../core/graph/initializer.h"
#include "../core/graph/layer.h"
#include "../core/graph/regularizer.h"

namespace minnow {

struct PReLUOptions {
  Initializer alpha_initializer = "zeros";
  /// Axes along which all places have one slope, the first of a row being 1: {1, 2} gives each
  /// channel of an image its own.
  std::vector<std::int64_t> shared_axes = {};
  std::string name = "";
  bool trainable = true;
  Regularizer alpha_regularizer = {};
  Constraint alpha_constraint = {};
};

/// z where z > 0, alpha z below, alpha being learned. Weight: alpha, of a row's shape with 1 on the
/// shared axes.
class PReLU : public Layer {
 public:
  explicit PReLU(PReLUOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
