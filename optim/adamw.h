#pragma once

#include <optional>

#include "../core/graph/optimizer.h"

namespace minnow {

struct AdamWOptions {
  LearningRate learning_rate = 1e-3F;
  std::optional<float> weight_decay = 0.004F;
  float beta_1 = 0.9F;
  float beta_2 = 0.999F;
  float epsilon = 1e-7F;
  bool amsgrad = false;  ///< divide by the root of the largest v so far
  std::optional<float> clipnorm = std::nullopt;
  std::optional<float> clipvalue = std::nullopt;
  std::optional<float> global_clipnorm = std::nullopt;
};

/// Adam with weight decay (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR
/// 2019), as in Keras: every trained weight, biases too, first loses w weight_decay learning_rate.
class AdamW : public Optimizer {
 public:
  /// Throws InvalidArgument as Adam does, and without weight_decay.
  explicit AdamW(AdamWOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Optimizer from_config(const Config& config);
};

}  // namespace minnow
