#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct DropoutOptions {
  /// Fixes the noise whatever the model's seed is; by default it comes from that.
  std::optional<std::int64_t> seed = std::nullopt;
  std::string name = "";
  bool trainable = true;
};

/// In training, sets each number to 0 with probability `rate` and divides the others by 1 - rate;
/// otherwise passes its input on.
class Dropout : public Layer {
 public:
  /// Throws InvalidArgument unless rate lies in [0, 1).
  explicit Dropout(float rate, DropoutOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
