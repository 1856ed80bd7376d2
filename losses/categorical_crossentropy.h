#pragma once

#include "../core/graph/loss.h"

namespace minnow {

struct CategoricalCrossentropyOptions {
  bool from_logits = false;   ///< the predictions are the input of a softmax
  float label_smoothing = 0;  ///< s: a target t counts as (1 - s) t + s / classes
};

/// -sum t log(p) for rows of class probabilities p and as many targets t: one-hot rows or other
/// distributions.
class CategoricalCrossentropy : public Loss {
 public:
  /// Throws InvalidArgument unless label_smoothing lies in [0, 1].
  explicit CategoricalCrossentropy(CategoricalCrossentropyOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
