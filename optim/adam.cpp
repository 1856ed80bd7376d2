#include "optim/adam.h"

#include <array>
#include <cmath>
#include <memory>

#include "core/kernels/updates.h"
#include "optim/settings.h"

namespace minnow {
namespace {

constexpr std::array<std::string_view, 2> adam_slots = {"momentum", "velocity"};

class AdamImpl : public OptimizerImpl {
 public:
  explicit AdamImpl(const AdamOptions& options)
      : options_(options),
        one_minus_beta_1_(static_cast<float>(1 - decimal(options.beta_1))),
        one_minus_beta_2_(static_cast<float>(1 - decimal(options.beta_2))) {
    require_positive("Adam", "learning_rate", options.learning_rate);
    require_fraction("Adam", "beta_1", options.beta_1);
    require_fraction("Adam", "beta_2", options.beta_2);
    require_positive("Adam", "epsilon", options.epsilon);
  }

  std::string_view class_name() const noexcept override { return "Adam"; }
  Config config() const override {
    Config config = optimizer_config("adam", options_.learning_rate);
    config.set("beta_1", options_.beta_1);
    config.set("beta_2", options_.beta_2);
    config.set("epsilon", options_.epsilon);
    config.set("amsgrad", false);
    return config;
  }
  float learning_rate() const noexcept override { return options_.learning_rate; }
  std::span<const std::string_view> slots() const noexcept override { return adam_slots; }

  // Keras rounds the betas to float32 before it raises them to t, but not before it takes them from
  // 1 in the averages; for beta_2 = 0.999 the difference shows in the fifth digit of an update.
  StepNumbers begin_step(std::int64_t step, float learning_rate) const noexcept override {
    const auto t = static_cast<double>(step);
    const double rate = static_cast<double>(learning_rate) *
                        std::sqrt(1 - std::pow(static_cast<double>(options_.beta_2), t)) /
                        (1 - std::pow(static_cast<double>(options_.beta_1), t));
    return {{static_cast<float>(rate)}};
  }

  void update(const StepNumbers& numbers, const WeightRange& range) const noexcept override {
    kernels::adam_update(range.n,
                         {.rate = numbers.values[0],
                          .one_minus_beta_1 = one_minus_beta_1_,
                          .one_minus_beta_2 = one_minus_beta_2_,
                          .epsilon = options_.epsilon},
                         range.gradient, range.weight, range.slots[0], range.slots[1]);
  }

 private:
  AdamOptions options_;
  float one_minus_beta_1_, one_minus_beta_2_;
};

}  // namespace

Adam::Adam(AdamOptions options) : Optimizer(std::make_shared<AdamImpl>(options)) {}

Optimizer Adam::from_config(const Config& config) {
  ConfigReader reader(config, "Adam");
  AdamOptions options;
  const auto number = [&](std::string_view key, float fallback) {
    return static_cast<float>(reader.number(key, fallback));
  };
  options.learning_rate = read_optimizer(reader, options.learning_rate);
  options.beta_1 = number("beta_1", options.beta_1);
  options.beta_2 = number("beta_2", options.beta_2);
  options.epsilon = number("epsilon", options.epsilon);
  reader.require("amsgrad", false);
  reader.finish();
  return Adam(options);
}

}  // namespace minnow
