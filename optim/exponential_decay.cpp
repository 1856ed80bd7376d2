#include "optim/exponential_decay.h"

#include <cmath>
#include <memory>

#include "optim/settings.h"

namespace minnow {
namespace {

class ExponentialDecayImpl : public ScheduleImpl {
 public:
  ExponentialDecayImpl(float rate, std::int64_t steps, float decay_rate,
                       ExponentialDecayOptions options)
      : rate_(rate), steps_(steps), decay_rate_(decay_rate), options_(options) {
    require_not_negative("ExponentialDecay", "initial_learning_rate", rate);
    require_steps("ExponentialDecay", "decay_steps", steps, 1);
    require_not_negative("ExponentialDecay", "decay_rate", decay_rate);
  }

  std::string_view class_name() const noexcept override { return "ExponentialDecay"; }
  Config config() const override {
    return Config::object({{"initial_learning_rate", rate_},
                           {"decay_steps", steps_},
                           {"decay_rate", decay_rate_},
                           {"staircase", options_.staircase},
                           {"name", "ExponentialDecay"}});
  }
  float at(std::int64_t step) const noexcept override {
    float p = static_cast<float>(step) / static_cast<float>(steps_);
    if (options_.staircase) p = std::floor(p);
    return rate_ * std::pow(decay_rate_, p);
  }

 private:
  float rate_;
  std::int64_t steps_;
  float decay_rate_;
  ExponentialDecayOptions options_;
};

}  // namespace

ExponentialDecay::ExponentialDecay(float initial_learning_rate, std::int64_t decay_steps,
                                   float decay_rate, ExponentialDecayOptions options)
    : LearningRateSchedule(std::make_shared<ExponentialDecayImpl>(
          initial_learning_rate, decay_steps, decay_rate, options)) {}

LearningRateSchedule ExponentialDecay::from_config(const Config& config) {
  ConfigReader reader(config, "ExponentialDecay");
  reader.ignore("name");
  const float rate = required_number(reader, "initial_learning_rate");
  const std::int64_t steps = reader.integer("decay_steps");
  const float decay_rate = required_number(reader, "decay_rate");
  const ExponentialDecayOptions options{.staircase = reader.boolean("staircase", false)};
  reader.finish();
  return ExponentialDecay(rate, steps, decay_rate, options);
}

}  // namespace minnow
