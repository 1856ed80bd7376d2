#include "optim/settings.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/graph/registry.h"

namespace minnow {
namespace {

[[noreturn]] void wrong(std::string_view where, std::string_view argument,
                        std::string_view expected, const std::string& got) {
  throw InvalidArgument({where, argument, expected, got, ""});
}

Config number_or_null(const std::optional<float>& value) {
  return value ? Config(*value) : Config();
}

}  // namespace

void require_positive(std::string_view where, std::string_view argument, float value) {
  if (std::isfinite(value) && value > 0) return;
  wrong(where, argument, "a finite number above 0", fmt::format("{}", value));
}

void require_not_negative(std::string_view where, std::string_view argument, float value) {
  if (std::isfinite(value) && value >= 0) return;
  wrong(where, argument, "a finite number of at least 0", fmt::format("{}", value));
}

void require_fraction(std::string_view where, std::string_view argument, float value) {
  if (value >= 0 && value < 1) return;
  wrong(where, argument, "a number in [0, 1)", fmt::format("{}", value));
}

void require_steps(std::string_view where, std::string_view argument, std::int64_t value,
                   std::int64_t least) {
  if (value >= least) return;
  wrong(where, argument, fmt::format("at least {}", least), fmt::format("{}", value));
}

float required_number(ConfigReader& reader, std::string_view key) {
  if (!reader.has(key)) wrong(reader.what(), key, "a number", "null");
  return static_cast<float>(reader.number(key, 0));
}

std::optional<float> optional_number(ConfigReader& reader, std::string_view key) {
  if (reader.value(key).is_null()) return std::nullopt;
  return static_cast<float>(reader.number(key, 0));
}

BaseOptimizer::BaseOptimizer(std::string_view class_name, LearningRate rate,
                             const BeforeUpdate& before)
    : class_name_(class_name), rate_(std::move(rate)), before_(before) {
  if (!rate_.is_schedule()) require_positive(class_name_, "learning_rate", rate_.at(0));
  const auto check = [&](std::string_view argument, const std::optional<float>& value) {
    if (value) require_not_negative(class_name_, argument, *value);
    return value ? 1 : 0;
  };
  check("weight_decay", before_.weight_decay);
  const int clips = check("clipnorm", before_.clipnorm) + check("clipvalue", before_.clipvalue) +
                    check("global_clipnorm", before_.global_clipnorm);
  if (clips > 1) {
    wrong(class_name_, "", "at most one of clipnorm, clipvalue and global_clipnorm",
          fmt::format("{}", clips));
  }
}

Config BaseOptimizer::base_config(std::string_view name) const {
  Config config = Config::object({{"name", name}});
  if (const LearningRateSchedule* schedule = rate_.schedule()) {
    config.set("learning_rate", Config::object({{"module", "keras.optimizers.schedules"},
                                                {"class_name", (*schedule)->class_name()},
                                                {"config", (*schedule)->config()},
                                                {"registered_name", {}}}));
  } else {
    config.set("learning_rate", rate_.at(0));
  }
  config.set("weight_decay", number_or_null(before_.weight_decay));
  config.set("clipnorm", number_or_null(before_.clipnorm));
  config.set("global_clipnorm", number_or_null(before_.global_clipnorm));
  config.set("clipvalue", number_or_null(before_.clipvalue));
  config.set("use_ema", false);
  config.set("ema_momentum", 0.99);
  for (const auto key :
       {"ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps"}) {
    config.set(key, {});
  }
  return config;
}

void read_base(ConfigReader& reader, LearningRate& rate, BeforeUpdate& before) {
  reader.require("loss_scale_factor", {});
  reader.require("gradient_accumulation_steps", {});
  reader.require("use_ema", false);
  // They say how to do what use_ema asks for.
  reader.ignore("ema_momentum");
  reader.ignore("ema_overwrite_frequency");
  reader.ignore("name");
  const auto read = [&](std::string_view key, std::optional<float>& value) {
    if (const auto given = optional_number(reader, key)) value = given;
  };
  read("weight_decay", before.weight_decay);
  read("clipnorm", before.clipnorm);
  read("clipvalue", before.clipvalue);
  read("global_clipnorm", before.global_clipnorm);
  const Config& given = reader.value("learning_rate");
  if (!given.is_object()) {
    rate = static_cast<float>(reader.number("learning_rate", rate.at(0)));
    return;
  }
  const Config& name = given["class_name"];
  if (!name.is_string()) {
    wrong(reader.what(), "learning_rate", "a number or an object with a class_name", given.str());
  }
  rate = make_schedule(name.string(), given["config"]);
}

double decimal(float value) { return Config(value).number(); }

}  // namespace minnow
