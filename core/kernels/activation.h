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
  softmax,         ///< exp(z) / sum(exp(z)) over the last axis
  softplus,        ///< log(1 + exp(z))
  elu,             ///< z > 0 ? z : slope (exp(z) - 1)
  leaky_relu,      ///< z > 0 ? z : slope z
  silu,            ///< z sigmoid(z), also called swish
  gelu,            ///< z Phi(z) = z (1 + erf(z / sqrt 2)) / 2
  selu,            ///< z > 0 ? scale z : scale alpha (exp(z) - 1), both as in the paper
  celu,            ///< max(z, 0) + exp(min(z, 0)) - 1
  relu6,           ///< z between 0 and 6
  hard_sigmoid,    ///< z / 6 + 1/2 between 0 and 1
  hard_silu,       ///< z hard_sigmoid(z), also called hard_swish
  hard_tanh,       ///< z between -1 and 1
  hard_shrink,     ///< |z| > 1/2 ? z : 0
  soft_shrink,     ///< z drawn towards 0 by 1/2, and 0 from there on
  tanh_shrink,     ///< z - tanh(z)
  softsign,        ///< z / (1 + |z|)
  squareplus,      ///< (z + sqrt(z^2 + 4)) / 2
  sparse_plus,     ///< 0 below -1, (z + 1)^2 / 4 up to 1, z from there on
  sparse_sigmoid,  ///< (z + 1) / 2 between 0 and 1
  log_sigmoid,     ///< -log(1 + exp(-z))
  exponential,     ///< exp(z)
  mish,            ///< z tanh(log(1 + exp(z)))
  gelu_tanh,       ///< Keras's gelu(approximate=True): z sigmoid(2 sqrt(2/pi) (z + 0.044715 z^3))
  log_softmax,     ///< z - log(sum(exp(z))) over the last axis
  clipped_relu,    ///< the ReLU layer's general form: max_value from there on; z where z >=
                   ///< threshold; slope (z - threshold) below
};

/// Whether a number's activation depends on the others along the last axis.
constexpr bool works_along_rows(ActivationKind kind) noexcept {
  return kind == ActivationKind::softmax || kind == ActivationKind::log_softmax;
}

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

/// y = f(z) on rows x cols numbers; softmax works along a row. y may be z. Off by less than 5 units
/// in the last place (the plain ones 3), wherever neither result nor factors are denormal; but
/// tanh_shrink's are those of z, of which little is left near 0.
void activate(const Workers& workers, const ActivationFn& f, std::int64_t rows, std::int64_t cols,
              const float* z, float* y);

/// delta = d loss / dz from delta = d loss / dy, in place: delta * f'(z), for softmax
/// y (delta - sum(delta y)), for log_softmax delta - exp(y) sum(delta). `saved` is z where
/// derivative_needs_input(f), else y. The derivatives at kinks are TensorFlow's: relu's is 0,
/// celu's 2. Returns whether every delta was finite before: relu's, for one, may hide that.
bool activate_backward(const Workers& workers, const ActivationFn& f, std::int64_t rows,
                       std::int64_t cols, const float* saved, float* delta);

/// What a gradient is multiplied by as soon as it is there: the derivative of an activation of
/// single numbers. `saved` as in activate_backward, laid out as the gradient.
struct Derivative {
  ActivationFn activation;
  const float* saved = nullptr;
  bool* finite = nullptr;  ///< becomes false where a number of the gradient is not finite
};

}  // namespace kernels
}  // namespace minnow
