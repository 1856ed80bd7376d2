#pragma once

#include "../core/graph/loss.h"

namespace minnow {

/// The mean over the last axis of log(cosh(p - t)).
class LogCosh : public Loss {
 public:
  LogCosh();

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
