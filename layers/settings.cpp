#include "layers/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "core/error.h"

namespace minnow {

std::string LayerLabel::str() const {
  return name.empty() ? std::string(class_name) : fmt::format("{} '{}'", class_name, name);
}

void require_at_least(const LayerLabel& layer, std::string_view argument, std::int64_t value,
                      std::int64_t least) {
  if (value >= least) return;
  throw InvalidArgument({layer.str(), std::string(argument), fmt::format("at least {}", least),
                         fmt::format("{}", value), ""});
}

Shape checked_shape(const BuildContext& context, std::string_view what,
                    const std::vector<std::int64_t>& dims) {
  std::int64_t bytes = sizeof(float);
  for (const std::int64_t dim : dims) {
    if (multiply_overflows(bytes, dim, &bytes)) {
      throw InvalidArgument({context.layer, std::string(what),
                             "a size in bytes that fits in 63 bits",
                             fmt::format("({})", fmt::join(dims, ", ")), ""});
    }
  }
  return Shape(dims);
}

LayerReader::LayerReader(const Config& config, std::string_view class_name)
    : ConfigReader(config, LayerLabel{class_name, config["name"].is_string()
                                                      ? std::string_view(config["name"].string())
                                                      : std::string_view()}
                               .str()) {
  name_ = string("name", "");
  trainable_ = boolean("trainable", true);
  require_float32();
}

// Keras has more of them than minnow: what a config names is no mistake of the user's.
void LayerReader::require_known_initializer(std::string_view key, const std::string& name) const {
  try {
    const Initializer known(name);
  } catch (const InvalidArgument& e) {
    throw Unimplemented(what(),
                        fmt::format("'{}' = '{}' is not supported. {}", key, name, e.hint()));
  }
}

Initializer LayerReader::initializer(std::string_view key, Initializer fallback) {
  const Config& given = value(key);
  if (given.is_null()) return fallback;
  const Config& name = given.is_object() ? given["class_name"] : given;
  if (!name.is_string()) {
    throw InvalidArgument({what(), std::string(key),
                           "the name of an initializer or an object with a class_name", given.str(),
                           ""});
  }
  require_known_initializer(key, name.string());
  return given.is_string() ? Initializer(name.string())
                           : Initializer::from_config(name.string(), given["config"]);
}

float LayerReader::real(std::string_view key, float fallback) {
  return static_cast<float>(number(key, fallback));
}

void LayerReader::require_none(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) require(key, {});
}

Config keras_object(std::string_view module, std::string_view class_name, Config config) {
  return Config::object({{"module", module},
                         {"class_name", class_name},
                         {"config", std::move(config)},
                         {"registered_name", {}}});
}

Config initializer_config(const Initializer& initializer) {
  return keras_object("keras.initializers", initializer.class_name(), initializer.config());
}

}  // namespace minnow
