#pragma once

#include "../core/graph/loss.h"

namespace minnow {

/// The mean over the last axis of p - t log(p + 1e-7): for counts t, up to what does not depend on
/// p minus the log of their probability under means p.
class Poisson : public Loss {
 public:
  Poisson();

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
