#include "layers/activation_settings.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <string>

#include "core/error.h"
#include "core/text.h"

namespace minnow {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

float number(ConfigReader& reader, std::string_view key, float fallback) {
  return static_cast<float>(reader.number(key, fallback));
}

// Keras has more functions than minnow: what a config names is no mistake of the user's.
ActivationFn named(const ConfigReader& reader, std::string_view key, const std::string& name) {
  try {
    return ActivationArg(name).fn();
  } catch (const Error&) {
    throw Unimplemented(reader.what(), fmt::format("'{}' = '{}' is not supported. Supported: {}.",
                                                   key, name, joined(activation_names())));
  }
}

// One of the layers that stand for an activation with parameters.
ActivationFn from_layer(std::string_view class_name, ConfigReader& reader) {
  if (class_name == "LeakyReLU") {
    ActivationFn fn = ActivationArg(ActivationKind::leaky_relu).fn();
    fn.slope = number(reader, "negative_slope", 0.3F);  // the layer's default, not the function's
    return fn;
  }
  if (class_name == "ELU") {
    ActivationFn fn = ActivationArg(ActivationKind::elu).fn();
    fn.slope = number(reader, "alpha", fn.slope);
    return fn;
  }
  return relu_from(reader);
}

}  // namespace

Config activation_config(const ActivationFn& fn) {
  if (fn.kind != ActivationKind::clipped_relu && fn == ActivationArg(fn.kind).fn()) {
    return activation_name(fn.kind);
  }
  switch (fn.kind) {
    case ActivationKind::leaky_relu:
      return keras_object("keras.layers", "LeakyReLU",
                          Config::object({{"negative_slope", fn.slope}}));
    case ActivationKind::elu:
      return keras_object("keras.layers", "ELU", Config::object({{"alpha", fn.slope}}));
    case ActivationKind::clipped_relu:
      return keras_object("keras.layers", "ReLU", relu_config(fn));
    default:
      return activation_name(fn.kind);  // the others read none of the parameters
  }
}

ActivationFn activation_from(ConfigReader& reader, std::string_view key) {
  const Config& given = reader.value(key);
  if (given.is_null()) return {};
  if (given.is_string()) return named(reader, key, given.string());
  const Config& name = given["class_name"];
  if (name == Config("function") && given["config"].is_string()) {
    return named(reader, key, given["config"].string());
  }
  if (name != Config("LeakyReLU") && name != Config("ELU") && name != Config("ReLU")) {
    throw Unimplemented(reader.what(), fmt::format("'{}' = {} is not supported. Supported: the "
                                                   "name of an activation, LeakyReLU, ELU, ReLU.",
                                                   key, given.str()));
  }
  ConfigReader inner(given["config"], fmt::format("{} {}", reader.what(), key));
  for (auto ignored : {"name", "trainable", "dtype"}) inner.ignore(ignored);
  const ActivationFn fn = from_layer(name.string(), inner);
  inner.finish();
  return fn;
}

ActivationFn relu_fn(const LayerLabel& layer, std::optional<float> max_value, float negative_slope,
                     float threshold) {
  if (max_value && !(*max_value >= 0)) {  // also catches NaN
    throw InvalidArgument(
        {layer.str(), "max_value", "at least 0", fmt::format("{}", *max_value), ""});
  }
  require_not_negative(layer, "negative_slope", negative_slope);
  require_not_negative(layer, "threshold", threshold);
  if (!max_value && threshold == 0) {
    return negative_slope == 0
               ? ActivationFn{.kind = ActivationKind::relu}
               : ActivationFn{.kind = ActivationKind::leaky_relu, .slope = negative_slope};
  }
  return {.kind = ActivationKind::clipped_relu,
          .slope = negative_slope,
          .max_value = max_value.value_or(infinity),
          .threshold = threshold};
}

Config relu_config(const ActivationFn& fn) {
  return Config::object({{"max_value", fn.max_value == infinity ? Config() : Config(fn.max_value)},
                         {"negative_slope", fn.slope},
                         {"threshold", fn.threshold}});
}

ActivationFn relu_from(ConfigReader& reader) {
  std::optional<float> max_value;
  if (reader.has("max_value")) max_value = number(reader, "max_value", 0);
  return relu_fn({reader.what(), ""}, max_value, number(reader, "negative_slope", 0),
                 number(reader, "threshold", 0));
}

}  // namespace minnow
