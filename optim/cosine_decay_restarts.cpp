#include "optim/cosine_decay_restarts.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <numbers>

#include "core/error.h"
#include "optim/settings.h"

namespace minnow {
namespace {

class CosineDecayRestartsImpl : public ScheduleImpl {
 public:
  CosineDecayRestartsImpl(float rate, std::int64_t first_steps, CosineDecayRestartsOptions options)
      : rate_(rate), first_steps_(first_steps), options_(options) {
    require_not_negative("CosineDecayRestarts", "initial_learning_rate", rate);
    require_steps("CosineDecayRestarts", "first_decay_steps", first_steps, 1);
    if (!(std::isfinite(options.t_mul) && options.t_mul >= 1)) {
      throw InvalidArgument({"CosineDecayRestarts", "t_mul", "a finite number of at least 1",
                             fmt::format("{}", options.t_mul), ""});
    }
    require_not_negative("CosineDecayRestarts", "m_mul", options.m_mul);
    require_not_negative("CosineDecayRestarts", "alpha", options.alpha);
  }

  std::string_view class_name() const noexcept override { return "CosineDecayRestarts"; }
  Config config() const override {
    return Config::object({{"initial_learning_rate", rate_},
                           {"first_decay_steps", first_steps_},
                           {"t_mul", options_.t_mul},
                           {"m_mul", options_.m_mul},
                           {"alpha", options_.alpha},
                           {"name", "SGDRDecay"}});
  }
  // With q the time in first periods, period i begins at (1 - t^i) / (1 - t) and is t^i long.
  float at(std::int64_t step) const noexcept override {
    const float q = static_cast<float>(step) / static_cast<float>(first_steps_);
    const float t = options_.t_mul;
    float period = std::floor(q), part = q - period;
    if (t != 1) {
      period = std::floor(std::log(1 - q * (1 - t)) / std::log(t));
      const float length = std::pow(t, period);
      part = (q - (1 - length) / (1 - t)) / length;
    }
    const float cosine =
        0.5F * std::pow(options_.m_mul, period) * (1 + std::cos(std::numbers::pi_v<float> * part));
    return rate_ * ((1 - options_.alpha) * cosine + options_.alpha);
  }

 private:
  float rate_;
  std::int64_t first_steps_;
  CosineDecayRestartsOptions options_;
};

}  // namespace

CosineDecayRestarts::CosineDecayRestarts(float initial_learning_rate,
                                         std::int64_t first_decay_steps,
                                         CosineDecayRestartsOptions options)
    : LearningRateSchedule(std::make_shared<CosineDecayRestartsImpl>(initial_learning_rate,
                                                                     first_decay_steps, options)) {}

LearningRateSchedule CosineDecayRestarts::from_config(const Config& config) {
  ConfigReader reader(config, "CosineDecayRestarts");
  reader.ignore("name");
  const float rate = required_number(reader, "initial_learning_rate");
  const std::int64_t steps = reader.integer("first_decay_steps");
  CosineDecayRestartsOptions options;
  options.t_mul = static_cast<float>(reader.number("t_mul", options.t_mul));
  options.m_mul = static_cast<float>(reader.number("m_mul", options.m_mul));
  options.alpha = static_cast<float>(reader.number("alpha", options.alpha));
  reader.finish();
  return CosineDecayRestarts(rate, steps, options);
}

}  // namespace minnow
