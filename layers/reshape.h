#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../core/graph/layer.h"

namespace minnow {

struct ReshapeOptions {
  std::string name = "";
  bool trainable = true;
};

/// The numbers of a row under another shape: `Reshape({28, 28, 1})`. One size may be -1: what is
/// left for it.
class Reshape : public Layer {
 public:
  /// Throws InvalidArgument for a size below 1 other than one -1, and for too many axes.
  explicit Reshape(std::vector<std::int64_t> target_shape, ReshapeOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
