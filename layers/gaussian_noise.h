#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct GaussianNoiseOptions {
  /// Fixes the noise whatever the model's seed is; by default it comes from that.
  std::optional<std::int64_t> seed = std::nullopt;
  std::string name = "";
  bool trainable = true;
};

/// In training adds normal noise of mean 0 to each number; otherwise passes its input on.
class GaussianNoise : public Layer {
 public:
  /// Throws InvalidArgument unless stddev lies in [0, 1].
  explicit GaussianNoise(float stddev, GaussianNoiseOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
