#pragma once

#include <string>

#include "../core/graph/layer.h"
#include "window2d.h"

namespace minnow {

struct UpSampling2DOptions {
  std::string name = "";
  bool trainable = true;
};

/// Every place of an image size.height x size.width times: (height, width, channels) ->
/// (height size.height, width size.width, channels). Keras's interpolation "nearest".
class UpSampling2D : public Layer {
 public:
  /// Throws InvalidArgument for a size below 1.
  explicit UpSampling2D(Size2D size = 2, UpSampling2DOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented, as for another interpolation.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
