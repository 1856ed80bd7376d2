#pragma once

#include <optional>
#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct ReLUOptions {
  std::optional<float> max_value = std::nullopt;  ///< none: no limit
  float negative_slope = 0;
  float threshold = 0;
  std::string name = "";
  bool trainable = true;
};

/// max_value from there on; x where x >= threshold; negative_slope (x - threshold) below.
class ReLU : public Layer {
 public:
  /// Throws InvalidArgument for a setting below 0, or not finite (max_value may be infinite).
  explicit ReLU(ReLUOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
