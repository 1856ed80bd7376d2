#pragma once

#include <string>

#include "../core/graph/layer.h"
#include "settings.h"

namespace minnow {

struct RescalingOptions {
  FloatOrList offset = 0.0F;
  std::string name = "";
  bool trainable = true;
};

/// x scale + offset, each one number or a list of one for each feature of the last axis:
/// `Rescaling(1 / 255.f)`.
class Rescaling : public Layer {
 public:
  /// Throws InvalidArgument where a number is not finite.
  explicit Rescaling(FloatOrList scale, RescalingOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
