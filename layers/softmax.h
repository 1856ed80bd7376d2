#pragma once

#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct SoftmaxOptions {
  /// Counted with the batch axis, as in Keras: 1 is the first axis of a row, -1 the last.
  int axis = -1;
  std::string name = "";
  bool trainable = true;
};

/// exp(x) / sum(exp(x)) along an axis; the shape stays.
class Softmax : public Layer {
 public:
  /// Throws InvalidArgument for axis 0, the batch's.
  explicit Softmax(SoftmaxOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
