#pragma once

#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct FlattenOptions {
  std::string name = "";
  bool trainable = true;
};

/// All numbers of a row in one axis: (28, 28, 1) -> (784,). The same memory under another shape.
class Flatten : public Layer {
 public:
  explicit Flatten(FlattenOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
