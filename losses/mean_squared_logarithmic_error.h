#pragma once

#include "../core/graph/loss.h"

namespace minnow {

/// The mean over the last axis of (log(1 + p) - log(1 + t))^2, with p and t of at least 1e-7.
class MeanSquaredLogarithmicError : public Loss {
 public:
  MeanSquaredLogarithmicError();

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
