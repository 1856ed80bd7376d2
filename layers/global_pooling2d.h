#pragma once

#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct GlobalPooling2DOptions {
  bool keepdims = false;  ///< (1, 1, channels) instead of (channels,)
  std::string name = "";
  bool trainable = true;
};

/// The mean of each channel of an image: (height, width, channels) -> (channels,).
class GlobalAveragePooling2D : public Layer {
 public:
  explicit GlobalAveragePooling2D(GlobalPooling2DOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

/// The largest number of each channel of an image: (height, width, channels) -> (channels,). Equal
/// ones share the gradient, as in TensorFlow.
class GlobalMaxPooling2D : public Layer {
 public:
  explicit GlobalMaxPooling2D(GlobalPooling2DOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
