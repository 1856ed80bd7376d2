#pragma once

#include "../core/graph/loss.h"

namespace minnow {

/// max(1 + max of (1 - t) p - sum t p, 0) for rows of scores p and one-hot rows t.
class CategoricalHinge : public Loss {
 public:
  CategoricalHinge();

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
