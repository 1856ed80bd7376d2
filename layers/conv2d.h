#pragma once

#include <cstdint>
#include <string>

#include "../core/graph/activation_arg.h"
#include "../core/graph/constraint.h"
#include "../core/graph/initializer.h"
#include "../core/graph/layer.h"
#include "../core/graph/regularizer.h"
#include "window2d.h"

namespace minnow {

struct Conv2DOptions {
  Size2D strides = 1;
  Padding padding = Padding::valid;
  Size2D dilation = 1;
  std::int64_t groups = 1;  ///< each of them sees its own channels / groups channels
  ActivationArg activation = ActivationKind::linear;
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  std::string name = "";
  bool trainable = true;
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
};

/// Filters that slide over an image: (height, width, channels) -> (out_h, out_w, filters), where
///
///     y[i,j,f] = activation(bias[f] + sum over a,b,c of
///                           x[i s + a d - p, j s + b d - p, c] kernel[a,b,c,f])
///
/// (s the strides, d the dilation, p the padding: Keras's cross-correlation). Weights: kernel
/// (kernel_h, kernel_w, channels / groups, filters) and bias (filters,).
class Conv2D : public Layer {
 public:
  /// Throws InvalidArgument for a setting below 1, for groups that do not divide the filters, and
  /// for strides and dilation both above 1.
  Conv2D(std::int64_t filters, KernelSize kernel_size, Conv2DOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
