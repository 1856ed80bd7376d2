#pragma once

#include <span>
#include <string>
#include <string_view>

#include "../core/graph/optimizer.h"
#include "settings.h"

// What Adam and AdamW share.
namespace minnow {

struct AdamNumbers {
  float beta_1, beta_2, epsilon;
  bool amsgrad;
};

class AdamImpl : public BaseOptimizer {
 public:
  /// `name`: what Keras calls an optimizer of this class in its config.
  AdamImpl(std::string_view class_name, std::string_view name, LearningRate rate,
           const AdamNumbers& numbers, const BeforeUpdate& before);

  Config config() const override;
  std::span<const std::string_view> slots() const noexcept override;
  StepNumbers begin_step(std::int64_t step, float learning_rate) const noexcept override;
  void update(const StepNumbers& numbers, const WeightRange& range) const noexcept override;

 private:
  std::string_view name_;
  AdamNumbers numbers_;
  float one_minus_beta_1_, one_minus_beta_2_;
};

/// Reads the settings of both.
template <class Options>
Options read_adam(ConfigReader& reader) {
  Options options;
  const auto number = [&](std::string_view key, float fallback) {
    return static_cast<float>(reader.number(key, fallback));
  };
  read_base(reader, options);
  options.beta_1 = number("beta_1", options.beta_1);
  options.beta_2 = number("beta_2", options.beta_2);
  options.epsilon = number("epsilon", options.epsilon);
  options.amsgrad = reader.boolean("amsgrad", options.amsgrad);
  reader.finish();
  return options;
}

}  // namespace minnow
