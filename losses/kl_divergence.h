#pragma once

#include "../core/graph/loss.h"

namespace minnow {

/// sum t log(t / p) for rows of probabilities p and t, clipped to [1e-7, 1] (Kullback and Leibler).
class KLDivergence : public Loss {
 public:
  KLDivergence();

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
