#pragma once

#include "../core/graph/loss.h"

namespace minnow::losses {

/// The mean over the last axis of |p - t|. (The metric of that name is minnow::MeanAbsoluteError.)
class MeanAbsoluteError : public Loss {
 public:
  MeanAbsoluteError();

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow::losses
