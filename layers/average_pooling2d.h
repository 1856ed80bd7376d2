#pragma once

#include <optional>
#include <string>

#include "../core/graph/layer.h"
#include "window2d.h"

namespace minnow {

struct AveragePooling2DOptions {
  std::optional<Size2D> strides = std::nullopt;  ///< the pool's size by default
  Padding padding = Padding::valid;
  std::string name = "";
  bool trainable = true;
};

/// The mean of each window of each channel: (height, width, channels) -> (out_h, out_w, channels).
/// Padding does not count, as in TensorFlow.
class AveragePooling2D : public Layer {
 public:
  /// Throws InvalidArgument for a size or stride below 1.
  explicit AveragePooling2D(Size2D pool_size = 2, AveragePooling2DOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
