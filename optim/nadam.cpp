#include "optim/nadam.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "core/kernels/updates.h"
#include "optim/settings.h"

namespace minnow {
namespace {

constexpr std::array<std::string_view, 2> nadam_slots = {"momentum", "velocity"};

class NadamImpl : public BaseOptimizer {
 public:
  explicit NadamImpl(const NadamOptions& options)
      : BaseOptimizer("Nadam", options.learning_rate, before_update_of(options)),
        beta_1_(options.beta_1),
        beta_2_(options.beta_2),
        epsilon_(options.epsilon) {
    require_fraction("Nadam", "beta_1", beta_1_);
    require_fraction("Nadam", "beta_2", beta_2_);
    require_positive("Nadam", "epsilon", epsilon_);
  }

  Config config() const override {
    Config config = base_config("nadam");
    config.set("beta_1", beta_1_);
    config.set("beta_2", beta_2_);
    config.set("epsilon", epsilon_);
    return config;
  }
  std::span<const std::string_view> slots() const noexcept override { return nadam_slots; }

  StepNumbers begin_step(std::int64_t step, float learning_rate) const noexcept override {
    const double now = momentum_of(step), next = momentum_of(step + 1);
    const double product = product_until(step);
    const double correction = 1 - std::pow(static_cast<double>(beta_2_), static_cast<double>(step));
    return {{learning_rate, static_cast<float>(next / (1 - product * next)),
             static_cast<float>((1 - now) / (1 - product)), static_cast<float>(correction)}};
  }

  // Unlike Adam, Keras takes the betas from 1 after it has rounded them to float32.
  void update(const StepNumbers& numbers, const WeightRange& range) const noexcept override {
    kernels::nadam_update(range.n,
                          {.rate = numbers.values[0],
                           .of_momentum = numbers.values[1],
                           .of_gradient = numbers.values[2],
                           .correction = numbers.values[3],
                           .one_minus_beta_1 = 1 - beta_1_,
                           .one_minus_beta_2 = 1 - beta_2_,
                           .epsilon = epsilon_},
                          range.gradient, range.weight, range.slots[0], range.slots[1]);
  }

 private:
  double momentum_of(std::int64_t step) const noexcept {
    const auto decay = static_cast<double>(0.96F);
    return static_cast<double>(beta_1_) * (1 - 0.5 * std::pow(decay, static_cast<double>(step)));
  }
  // beta_1^t, times a product whose factors are soon 1.
  double product_until(std::int64_t step) const noexcept {
    double product = std::pow(static_cast<double>(beta_1_), static_cast<double>(step));
    double decay = 1;
    for (std::int64_t i = 1; i <= std::min<std::int64_t>(step, 1000); ++i) {
      decay *= static_cast<double>(0.96F);
      product *= 1 - 0.5 * decay;
    }
    return product;
  }

  float beta_1_, beta_2_, epsilon_;
};

}  // namespace

Nadam::Nadam(NadamOptions options) : Optimizer(std::make_shared<NadamImpl>(options)) {}

Optimizer Nadam::from_config(const Config& config) {
  ConfigReader reader(config, "Nadam");
  NadamOptions options;
  const auto number = [&](std::string_view key, float fallback) {
    return static_cast<float>(reader.number(key, fallback));
  };
  read_base(reader, options);
  options.beta_1 = number("beta_1", options.beta_1);
  options.beta_2 = number("beta_2", options.beta_2);
  options.epsilon = number("epsilon", options.epsilon);
  reader.finish();
  return Nadam(options);
}

}  // namespace minnow
