#pragma once

#include <optional>

#include "../core/graph/optimizer.h"

namespace minnow {

struct AdamOptions {
  LearningRate learning_rate = 1e-3F;
  float beta_1 = 0.9F;
  float beta_2 = 0.999F;
  float epsilon = 1e-7F;
  bool amsgrad = false;  ///< divide by the root of the largest v so far
  std::optional<float> weight_decay = std::nullopt;
  std::optional<float> clipnorm = std::nullopt;
  std::optional<float> clipvalue = std::nullopt;
  std::optional<float> global_clipnorm = std::nullopt;
};

/// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015), with epsilon
/// beside sqrt(v) and the bias corrections in the rate, as in Keras. In step t, for a gradient g:
///
///     m += (g - m)(1 - beta_1),  v += (g^2 - v)(1 - beta_2)
///     w -= rate m / (sqrt(v) + epsilon)
///     rate = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
///
/// With amsgrad (Reddi, Kale and Kumar, "On the convergence of Adam and beyond", ICLR 2018) the
/// largest v that a weight has had stands for v in the second line.
class Adam : public Optimizer {
 public:
  /// Throws InvalidArgument unless learning_rate and epsilon are finite and above 0, the betas lie
  /// in [0, 1), decay and clips are finite and not negative, and there is one clip at most.
  explicit Adam(AdamOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Optimizer from_config(const Config& config);
};

}  // namespace minnow
