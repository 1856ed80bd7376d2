#pragma once

#include "../core/graph/optimizer.h"

namespace minnow {

struct AdamOptions {
  float learning_rate = 1e-3F;
  float beta_1 = 0.9F;
  float beta_2 = 0.999F;
  float epsilon = 1e-7F;
};

/// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015), with epsilon
/// beside sqrt(v) and the bias corrections in the rate, as in Keras. In step t, for a gradient g:
///
///     m += (g - m)(1 - beta_1),  v += (g^2 - v)(1 - beta_2)
///     w -= rate m / (sqrt(v) + epsilon)
///     rate = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
class Adam : public Optimizer {
 public:
  /// Throws InvalidArgument unless learning_rate and epsilon are finite and above 0 and the betas
  /// lie in [0, 1).
  explicit Adam(AdamOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Optimizer from_config(const Config& config);
};

}  // namespace minnow
