#pragma once

#include "../core/graph/loss.h"

namespace minnow {

struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;  ///< the predictions are the input of a softmax
};

/// -log(p[label]) for rows of class probabilities p and one class number for each.
class SparseCategoricalCrossentropy : public Loss {
 public:
  explicit SparseCategoricalCrossentropy(SparseCategoricalCrossentropyOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
