#pragma once

#include <optional>
#include <string>

#include "../core/graph/layer.h"
#include "window2d.h"

namespace minnow {

struct MaxPooling2DOptions {
  std::optional<Size2D> strides = std::nullopt;  ///< the pool's size by default
  Padding padding = Padding::valid;
  std::string name = "";
  bool trainable = true;
};

/// The largest number of each window of each channel: (height, width, channels) ->
/// (out_h, out_w, channels). Padding never wins.
class MaxPooling2D : public Layer {
 public:
  /// Throws InvalidArgument for a size or stride below 1.
  explicit MaxPooling2D(Size2D pool_size = 2, MaxPooling2DOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
