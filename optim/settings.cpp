#include "optim/settings.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"

namespace minnow {
namespace {

// Off in Keras unless asked for.
constexpr std::string_view must_be_null[] = {"weight_decay",      "clipnorm",
                                             "global_clipnorm",   "clipvalue",
                                             "loss_scale_factor", "gradient_accumulation_steps"};

[[noreturn]] void wrong(std::string_view optimizer, std::string_view argument,
                        std::string_view expected, float value) {
  throw InvalidArgument({std::string(optimizer), std::string(argument), std::string(expected),
                         fmt::format("{}", value), ""});
}

}  // namespace

void require_positive(std::string_view optimizer, std::string_view argument, float value) {
  if (!(std::isfinite(value) && value > 0)) {
    wrong(optimizer, argument, "a finite number above 0", value);
  }
}

void require_fraction(std::string_view optimizer, std::string_view argument, float value) {
  if (!(value >= 0 && value < 1)) wrong(optimizer, argument, "a number in [0, 1)", value);
}

Config optimizer_config(std::string_view name, float learning_rate) {
  Config config = Config::object({{"name", name}, {"learning_rate", learning_rate}});
  for (const auto key : {"weight_decay", "clipnorm", "global_clipnorm", "clipvalue"}) {
    config.set(key, {});
  }
  config.set("use_ema", false);
  config.set("ema_momentum", 0.99);
  for (const auto key :
       {"ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps"}) {
    config.set(key, {});
  }
  return config;
}

float read_optimizer(ConfigReader& reader, float default_rate) {
  for (const auto key : must_be_null) reader.require(key, {});
  reader.require("use_ema", false);
  // They say how to do what use_ema asks for.
  reader.ignore("ema_momentum");
  reader.ignore("ema_overwrite_frequency");
  reader.ignore("name");
  const Config& rate = reader.value("learning_rate");
  if (rate.is_object()) {
    throw Unimplemented(
        reader.what(),
        fmt::format("'learning_rate' = {} is not supported. Supported: a number.", rate.str()));
  }
  return static_cast<float>(reader.number("learning_rate", default_rate));
}

double decimal(float value) { return Config(value).number(); }

}  // namespace minnow
