#pragma once

#include "../core/graph/loss.h"

namespace minnow {

/// The mean over the last axis of max(1 - t p, 0)^2, for targets -1 and 1. In a batch in which all
/// targets are 0 or 1, 0 stands for -1.
class SquaredHinge : public Loss {
 public:
  SquaredHinge();

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
