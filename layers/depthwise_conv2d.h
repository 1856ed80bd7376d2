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

struct DepthwiseConv2DOptions {
  Size2D strides = 1;
  Padding padding = Padding::valid;
  std::int64_t depth_multiplier = 1;  ///< filters for each channel
  Size2D dilation = 1;
  ActivationArg activation = ActivationKind::linear;
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  std::string name = "";
  bool trainable = true;
  Regularizer depthwise_regularizer = {};
  Regularizer bias_regularizer = {};
  Constraint depthwise_constraint = {};
  Constraint bias_constraint = {};
};

/// Filters that slide over each channel of an image by itself: (height, width, channels) ->
/// (out_h, out_w, channels m) with m = depth_multiplier, where
///
///     y[i,j,c m + f] = activation(bias[c m + f] + sum over a,b of
///                                 x[i s + a d - p, j s + b d - p, c] kernel[a,b,c,f])
///
/// (s the strides, d the dilation, p the padding). Weights: kernel (kernel_h, kernel_w, channels,
/// m) and bias (channels m,).
class DepthwiseConv2D : public Layer {
 public:
  /// Throws InvalidArgument for a setting below 1, and for strides and dilation both above 1.
  explicit DepthwiseConv2D(KernelSize kernel_size, DepthwiseConv2DOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
