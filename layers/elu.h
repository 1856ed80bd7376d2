#pragma once

#include <string>

#include "../core/graph/layer.h"

namespace minnow {

struct ELUOptions {
  float alpha = 1.0F;
  std::string name = "";
  bool trainable = true;
};

/// z where z > 0, alpha (exp(z) - 1) below.
class ELU : public Layer {
 public:
  /// Throws InvalidArgument where alpha is not finite.
  explicit ELU(ELUOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
