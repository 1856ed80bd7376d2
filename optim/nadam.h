#pragma once

#include <optional>

#include "../core/graph/optimizer.h"

namespace minnow {

struct NadamOptions {
  LearningRate learning_rate = 1e-3F;
  float beta_1 = 0.9F;
  float beta_2 = 0.999F;
  float epsilon = 1e-7F;
  std::optional<float> weight_decay = std::nullopt;
  std::optional<float> clipnorm = std::nullopt;
  std::optional<float> clipvalue = std::nullopt;
  std::optional<float> global_clipnorm = std::nullopt;
};

/// Adam with Nesterov momentum (Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop
/// 2016), as in Keras. In step t, for a gradient g, with u_t = beta_1 (1 - 0.96^t / 2) and U_t the
/// product of u_1 to u_t:
///
///     m += (g - m)(1 - beta_1),  v += (g^2 - v)(1 - beta_2)
///     a = u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t)
///     w -= learning_rate a / (sqrt(v / (1 - beta_2^t)) + epsilon)
///
/// U_t follows from t: it is not part of the state.
class Nadam : public Optimizer {
 public:
  /// Throws InvalidArgument unless learning_rate and epsilon are finite and above 0, the betas lie
  /// in [0, 1), decay and clips are finite and not negative, and there is one clip at most.
  explicit Nadam(NadamOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Optimizer from_config(const Config& config);
};

}  // namespace minnow
