#pragma once

#include "../core/graph/loss.h"

namespace minnow {

struct HuberOptions {
  float delta = 1;  ///< up to this size an error counts by its square
};

/// The mean over the last axis of e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2, with
/// e = p - t (Huber, "Robust estimation of a location parameter", 1964).
class Huber : public Loss {
 public:
  /// Throws InvalidArgument unless delta is finite and above 0.
  explicit Huber(HuberOptions options = {});

  /// From Keras's config, which forgets delta where Keras wrote it. Throws InvalidArgument or
  /// Unimplemented.
  static Loss from_config(const Config& config);
};

}  // namespace minnow
