#pragma once

#include <string>

#include "../core/graph/layer.h"

// Layers that make one tensor of several, number by number. Inputs of other sizes are broadcast: an
// axis of size 1 serves all places, and a shorter row's axes are its last ones.
namespace minnow {

struct MergeOptions {
  std::string name = "";
  bool trainable = true;
};

/// The sum of its inputs.
class Add : public Layer {
 public:
  explicit Add(MergeOptions options = {});
  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

/// The first of two inputs minus the second.
class Subtract : public Layer {
 public:
  explicit Subtract(MergeOptions options = {});
  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

/// The product of its inputs.
class Multiply : public Layer {
 public:
  explicit Multiply(MergeOptions options = {});
  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

/// The mean of its inputs.
class Average : public Layer {
 public:
  explicit Average(MergeOptions options = {});
  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

/// The largest of its inputs; the first of equals takes the gradient.
class Maximum : public Layer {
 public:
  explicit Maximum(MergeOptions options = {});
  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

/// The smallest of its inputs; the first of equals takes the gradient.
class Minimum : public Layer {
 public:
  explicit Minimum(MergeOptions options = {});
  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
