#include "optim/cosine_decay.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "optim/settings.h"

namespace minnow {
namespace {

class CosineDecayImpl : public ScheduleImpl {
 public:
  CosineDecayImpl(float rate, std::int64_t steps, CosineDecayOptions options)
      : rate_(rate), steps_(steps), options_(options) {
    require_not_negative("CosineDecay", "initial_learning_rate", rate);
    require_steps("CosineDecay", "decay_steps", steps, 1);
    require_not_negative("CosineDecay", "alpha", options.alpha);
    if (options.warmup_target) {
      require_not_negative("CosineDecay", "warmup_target", *options.warmup_target);
    }
    require_steps("CosineDecay", "warmup_steps", options.warmup_steps, 0);
  }

  std::string_view class_name() const noexcept override { return "CosineDecay"; }
  Config config() const override {
    const std::optional<float>& target = options_.warmup_target;
    return Config::object({{"initial_learning_rate", rate_},
                           {"decay_steps", steps_},
                           {"alpha", options_.alpha},
                           {"name", "CosineDecay"},
                           {"warmup_target", target ? Config(*target) : Config()},
                           {"warmup_steps", options_.warmup_steps}});
  }
  float at(std::int64_t step) const noexcept override {
    auto done = static_cast<float>(step);
    if (!options_.warmup_target) return decayed(done, rate_);
    const float target = *options_.warmup_target;
    const auto warmup = static_cast<float>(options_.warmup_steps);
    if (done < warmup) return (target - rate_) * (done / warmup) + rate_;
    return decayed(done - warmup, target);
  }

 private:
  float decayed(float done, float from) const noexcept {
    const auto steps = static_cast<float>(steps_);
    const float part = std::min(done, steps) / steps;
    const float cosine = 0.5F * (1 + std::cos(std::numbers::pi_v<float> * part));
    return from * ((1 - options_.alpha) * cosine + options_.alpha);
  }

  float rate_;
  std::int64_t steps_;
  CosineDecayOptions options_;
};

}  // namespace

CosineDecay::CosineDecay(float initial_learning_rate, std::int64_t decay_steps,
                         CosineDecayOptions options)
    : LearningRateSchedule(
          std::make_shared<CosineDecayImpl>(initial_learning_rate, decay_steps, options)) {}

LearningRateSchedule CosineDecay::from_config(const Config& config) {
  ConfigReader reader(config, "CosineDecay");
  reader.ignore("name");
  const float rate = required_number(reader, "initial_learning_rate");
  const std::int64_t steps = reader.integer("decay_steps");
  CosineDecayOptions options;
  options.alpha = static_cast<float>(reader.number("alpha", options.alpha));
  options.warmup_target = optional_number(reader, "warmup_target");
  options.warmup_steps = reader.integer("warmup_steps", 0);
  reader.finish();
  return CosineDecay(rate, steps, options);
}

}  // namespace minnow
