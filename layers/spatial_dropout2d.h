#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct SpatialDropout2DOptions {
  /// Fixes the noise whatever the model's seed is; by default it comes from that.
  std::optional<std::int64_t> seed = std::nullopt;
  std::string name = "";
  bool trainable = true;
};

/// In training sets whole channels of an image to 0 with probability `rate` and divides the others
/// by 1 - rate; otherwise passes its input on.
class SpatialDropout2D : public Layer {
 public:
  /// Throws InvalidArgument unless rate lies in [0, 1).
  explicit SpatialDropout2D(float rate, SpatialDropout2DOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
