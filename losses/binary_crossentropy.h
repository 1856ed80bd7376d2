#pragma once

#include "../core/graph/loss.h"

namespace minnow {

struct BinaryCrossentropyOptions {
  bool from_logits = false;   ///< the predictions are the input of a sigmoid
  float label_smoothing = 0;  ///< s: a target t counts as (1 - s) t + s / 2
};

/// The mean over the last axis of -(t log(p) + (1 - t) log(1 - p)), for targets t in [0, 1].
class BinaryCrossentropy : public Loss {
 public:
  /// Throws InvalidArgument unless label_smoothing lies in [0, 1].
  explicit BinaryCrossentropy(BinaryCrossentropyOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
