#pragma once

#include <optional>

#include "../core/graph/optimizer.h"

namespace minnow {

struct AdagradOptions {
  LearningRate learning_rate = 1e-3F;
  float initial_accumulator_value = 0.1F;
  float epsilon = 1e-7F;
  std::optional<float> weight_decay = std::nullopt;
  std::optional<float> clipnorm = std::nullopt;
  std::optional<float> clipvalue = std::nullopt;
  std::optional<float> global_clipnorm = std::nullopt;
};

/// Adagrad (Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
/// stochastic optimization", JMLR 2011), as in Keras. For a gradient g:
///
///     accumulator += g^2,  w -= learning_rate g / sqrt(accumulator + epsilon)
class Adagrad : public Optimizer {
 public:
  /// Throws InvalidArgument unless learning_rate and epsilon are finite and above 0, decay, clips
  /// and initial_accumulator_value finite and not negative, and there is one clip at most.
  explicit Adagrad(AdagradOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Optimizer from_config(const Config& config);
};

}  // namespace minnow
