#pragma once

#include "../core/graph/loss.h"

namespace minnow {

/// 100 times the mean over the last axis of |p - t| / max(|t|, 1e-7).
class MeanAbsolutePercentageError : public Loss {
 public:
  MeanAbsolutePercentageError();

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
