#pragma once

#include "../core/graph/loss.h"

namespace minnow {

/// The mean over the last axis of (p - t)^2.
class MeanSquaredError : public Loss {
 public:
  MeanSquaredError();

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
