#pragma once

#include <cstdint>
#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct ConcatenateOptions {
  std::int64_t axis = -1;  ///< counted as Keras does, the batch's being 0
  std::string name = "";
  bool trainable = true;
};

/// Its inputs one behind the other along an axis; their other axes are of the same sizes.
class Concatenate : public Layer {
 public:
  explicit Concatenate(ConcatenateOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
