#pragma once

#include <string>

#include "../core/graph/activation_arg.h"
#include "../core/graph/layer.h"

namespace minnow {

struct ActivationOptions {
  std::string name = "";
  bool trainable = true;
};

/// A function of every number of its input, or softmax over the last axis. The class is also where
/// the functions have their names: `Activation::relu`.
class Activation : public Layer {
 public:
  using enum ActivationKind;

  explicit Activation(ActivationArg activation, ActivationOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
