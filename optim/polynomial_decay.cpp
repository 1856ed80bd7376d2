#include "optim/polynomial_decay.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "optim/settings.h"

namespace minnow {
namespace {

class PolynomialDecayImpl : public ScheduleImpl {
 public:
  PolynomialDecayImpl(float rate, std::int64_t steps, PolynomialDecayOptions options)
      : rate_(rate), steps_(steps), options_(options) {
    require_not_negative("PolynomialDecay", "initial_learning_rate", rate);
    require_steps("PolynomialDecay", "decay_steps", steps, 1);
    require_not_negative("PolynomialDecay", "end_learning_rate", options.end_learning_rate);
    require_not_negative("PolynomialDecay", "power", options.power);
  }

  std::string_view class_name() const noexcept override { return "PolynomialDecay"; }
  Config config() const override {
    return Config::object({{"initial_learning_rate", rate_},
                           {"decay_steps", steps_},
                           {"end_learning_rate", options_.end_learning_rate},
                           {"power", options_.power},
                           {"cycle", options_.cycle},
                           {"name", "PolynomialDecay"}});
  }
  float at(std::int64_t step) const noexcept override {
    auto done = static_cast<float>(step), steps = static_cast<float>(steps_);
    if (options_.cycle) {
      steps *= step == 0 ? 1 : std::ceil(done / steps);
    } else {
      done = std::min(done, steps);
    }
    const float end = options_.end_learning_rate;
    return (rate_ - end) * std::pow(1 - done / steps, options_.power) + end;
  }

 private:
  float rate_;
  std::int64_t steps_;
  PolynomialDecayOptions options_;
};

}  // namespace

PolynomialDecay::PolynomialDecay(float initial_learning_rate, std::int64_t decay_steps,
                                 PolynomialDecayOptions options)
    : LearningRateSchedule(
          std::make_shared<PolynomialDecayImpl>(initial_learning_rate, decay_steps, options)) {}

LearningRateSchedule PolynomialDecay::from_config(const Config& config) {
  ConfigReader reader(config, "PolynomialDecay");
  reader.ignore("name");
  const float rate = required_number(reader, "initial_learning_rate");
  const std::int64_t steps = reader.integer("decay_steps");
  PolynomialDecayOptions options;
  options.end_learning_rate =
      static_cast<float>(reader.number("end_learning_rate", options.end_learning_rate));
  options.power = static_cast<float>(reader.number("power", options.power));
  options.cycle = reader.boolean("cycle", options.cycle);
  reader.finish();
  return PolynomialDecay(rate, steps, options);
}

}  // namespace minnow
