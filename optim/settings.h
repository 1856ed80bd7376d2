#pragma once

#include <cstdint>
#include <string_view>

#include "../core/config.h"
#include "../core/graph/optimizer.h"

// What the optimizers and schedules share: checks of their numbers, and the settings that Keras's
// base class has for each.
namespace minnow {

/// Throws InvalidArgument unless the value is finite and above 0.
void require_positive(std::string_view where, std::string_view argument, float value);
/// Throws InvalidArgument unless the value is finite and at least 0.
void require_not_negative(std::string_view where, std::string_view argument, float value);
/// Throws InvalidArgument unless the value lies in [0, 1).
void require_fraction(std::string_view where, std::string_view argument, float value);
/// Throws InvalidArgument unless the number of steps is at least `least`.
void require_steps(std::string_view where, std::string_view argument, std::int64_t value,
                   std::int64_t least);

/// A number of a config that must be there.
float required_number(ConfigReader& reader, std::string_view key);
/// A number of a config, or none where it is null.
std::optional<float> optional_number(ConfigReader& reader, std::string_view key);

/// An optimizer with what all of them have. Throws InvalidArgument for a learning rate that is not
/// finite and above 0, weight decay or a clip that is negative or not finite, and two clips.
class BaseOptimizer : public OptimizerImpl {
 public:
  BaseOptimizer(std::string_view class_name, LearningRate rate, const BeforeUpdate& before);

  std::string_view class_name() const noexcept final { return class_name_; }
  const LearningRate& learning_rate() const noexcept final { return rate_; }
  const BeforeUpdate& before_update() const noexcept final { return before_; }

 protected:
  /// The settings that every optimizer has as Keras writes them, to be added to.
  Config base_config(std::string_view name) const;

 private:
  std::string_view class_name_;
  LearningRate rate_;
  BeforeUpdate before_;
};

/// The part of an optimizer's options that BeforeUpdate is.
template <class Options>
BeforeUpdate before_update_of(const Options& options) {
  return {.weight_decay = options.weight_decay,
          .clipnorm = options.clipnorm,
          .clipvalue = options.clipvalue,
          .global_clipnorm = options.global_clipnorm};
}

/// Reads into options what every optimizer's config has. Throws Unimplemented where it asks for
/// what minnow does not do: averages of weights, accumulated gradients, scaled losses.
void read_base(ConfigReader& reader, LearningRate& rate, BeforeUpdate& before);
template <class Options>
void read_base(ConfigReader& reader, Options& options) {
  BeforeUpdate before = before_update_of(options);
  read_base(reader, options.learning_rate, before);
  options.weight_decay = before.weight_decay;
  options.clipnorm = before.clipnorm;
  options.clipvalue = before.clipvalue;
  options.global_clipnorm = before.global_clipnorm;
}

/// The decimal that a float stands for: 0.9F was written 0.9, not 0.89999997615814209.
double decimal(float value);

}  // namespace minnow
