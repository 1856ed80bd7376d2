#pragma once

#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct LeakyReLUOptions {
  float negative_slope = 0.3F;
  std::string name = "";
  bool trainable = true;
};

/// z where z > 0, negative_slope z below.
class LeakyReLU : public Layer {
 public:
  /// Throws InvalidArgument unless the slope is finite and at least 0.
  explicit LeakyReLU(LeakyReLUOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
