#pragma once

#include <cstdint>
#include <limits>

namespace minnow {
class Workers;

/// The activation functions, by Keras's names. Written as `Activation::relu` by users: the layer
/// class Activation brings the names in.
enum class ActivationKind : std::uint8_t {
  linear,
  relu,     ///< max(z, 0)
  sigmoid,  ///< 1 / (1 + exp(-z))
  tanh,
  softmax,       ///< exp(z) / sum(exp(z)) over the last axis
  softplus,      ///< log(1 + exp(z))
  elu,           ///< z > 0 ? z : slope (exp(z) - 1)
  leaky_relu,    ///< z > 0 ? z : slope z
  silu,          ///< z sigmoid(z), also called swish
  gelu,          ///< z Phi(z) = z (1 + erf(z / sqrt 2)) / 2
  clipped_relu,  ///< the ReLU layer's general form: max_value from there on; z where z >=
                 ///< threshold; slope (z - threshold) below
};

/// An activation with its parameters.
struct ActivationFn {
  ActivationKind kind = ActivationKind::linear;
  float slope = 0;
  float max_value = std::numeric_limits<float>::infinity();
  float threshold = 0;

  friend bool operator==(const ActivationFn&, const ActivationFn&) = default;
};

namespace kernels {

/// Whether the derivative is computed from z (true) or from the output alone (false).
bool derivative_needs_input(const ActivationFn& f) noexcept;

/// y = f(z) on rows x cols numbers; softmax works along a row. y may be z. Off by less than 3 units
/// in the last place, wherever neither result nor factors are denormal.
void activate(const Workers& workers, const ActivationFn& f, std::int64_t rows, std::int64_t cols,
              const float* z, float* y);

/// delta = d loss / dz from delta = d loss / dy, in place: delta * f'(z), for softmax
/// y (delta - sum(delta y)). `saved` is z where derivative_needs_input(f), else y.
/// The derivative at relu's kink is 0, as in TensorFlow. Returns whether every delta was finite
/// before: relu's, for one, may hide that.
bool activate_backward(const Workers& workers, const ActivationFn& f, std::int64_t rows,
                       std::int64_t cols, const float* saved, float* delta);

}  // namespace kernels
}  // namespace minnow
