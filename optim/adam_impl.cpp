#include "optim/adam_impl.h"

#include <array>
#include <cmath>
#include <utility>

#include "core/kernels/updates.h"

namespace minnow {
namespace {

constexpr std::array<std::string_view, 3> adam_slots = {"momentum", "velocity", "velocity_hat"};

}  // namespace

AdamImpl::AdamImpl(std::string_view class_name, std::string_view name, LearningRate rate,
                   const AdamNumbers& numbers, const BeforeUpdate& before)
    : BaseOptimizer(class_name, std::move(rate), before),
      name_(name),
      numbers_(numbers),
      one_minus_beta_1_(static_cast<float>(1 - decimal(numbers.beta_1))),
      one_minus_beta_2_(static_cast<float>(1 - decimal(numbers.beta_2))) {
  require_fraction(class_name, "beta_1", numbers.beta_1);
  require_fraction(class_name, "beta_2", numbers.beta_2);
  require_positive(class_name, "epsilon", numbers.epsilon);
}

Config AdamImpl::config() const {
  Config config = base_config(name_);
  config.set("beta_1", numbers_.beta_1);
  config.set("beta_2", numbers_.beta_2);
  config.set("epsilon", numbers_.epsilon);
  config.set("amsgrad", numbers_.amsgrad);
  return config;
}

std::span<const std::string_view> AdamImpl::slots() const noexcept {
  return std::span(adam_slots).first(numbers_.amsgrad ? 3 : 2);
}

// Keras rounds the betas to float32 before it raises them to t, but not before it takes them from
// 1 in the averages; for beta_2 = 0.999 the difference shows in the fifth digit of an update.
StepNumbers AdamImpl::begin_step(std::int64_t step, float learning_rate) const noexcept {
  const auto t = static_cast<double>(step);
  const double rate = static_cast<double>(learning_rate) *
                      std::sqrt(1 - std::pow(static_cast<double>(numbers_.beta_2), t)) /
                      (1 - std::pow(static_cast<double>(numbers_.beta_1), t));
  return {{static_cast<float>(rate)}};
}

void AdamImpl::update(const StepNumbers& numbers, const WeightRange& range) const noexcept {
  const kernels::AdamStep step{.rate = numbers.values[0],
                               .one_minus_beta_1 = one_minus_beta_1_,
                               .one_minus_beta_2 = one_minus_beta_2_,
                               .epsilon = numbers_.epsilon};
  if (numbers_.amsgrad) {
    kernels::amsgrad_update(range.n, step, range.gradient, range.weight, range.slots[0],
                            range.slots[1], range.slots[2]);
  } else {
    kernels::adam_update(range.n, step, range.gradient, range.weight, range.slots[0],
                         range.slots[1]);
  }
}

}  // namespace minnow
