#include "layers/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace minnow {

std::string LayerLabel::str() const {
  return name.empty() ? std::string(class_name) : fmt::format("{} '{}'", class_name, name);
}

void require_at_least(const LayerLabel& layer, std::string_view argument, std::int64_t value,
                      std::int64_t least) {
  if (value >= least) return;
  throw InvalidArgument(
      {layer.str(), argument, fmt::format("at least {}", least), fmt::format("{}", value), ""});
}

void require_not_negative(const LayerLabel& layer, std::string_view argument, float value) {
  if (value >= 0 && std::isfinite(value)) return;
  throw InvalidArgument(
      {layer.str(), argument, "a finite number of at least 0", fmt::format("{}", value), ""});
}

Shape checked_shape(const BuildContext& context, std::string_view what,
                    const std::vector<std::int64_t>& dims) {
  std::int64_t bytes = sizeof(float);
  for (const std::int64_t dim : dims) {
    if (multiply_overflows(bytes, dim, &bytes)) {
      throw InvalidArgument({context.layer, what, "a size in bytes that fits in 63 bits",
                             fmt::format("({})", joined(dims)), ""});
    }
  }
  return Shape(dims);
}

int row_axis(const BuildContext& context, std::int64_t axis) {
  const int rank = context.input().rank();
  const std::int64_t of_row = axis < 0 ? rank + axis : axis - 1;
  if (of_row < 0 || of_row >= rank) context.wrong_input(fmt::format("a row with an axis {}", axis));
  return static_cast<int>(of_row);
}

Config FloatOrList::config() const {
  if (!is_list_) return values_.front();
  Config::List list;
  for (const float v : values_) list.emplace_back(v);
  return list;
}

void require_finite(const LayerLabel& layer, std::string_view argument, const FloatOrList& values) {
  const auto& all = values.values();
  const bool finite = std::all_of(all.begin(), all.end(), [](float v) { return std::isfinite(v); });
  if (finite && !all.empty()) return;
  throw InvalidArgument(
      {layer.str(), argument, "finite numbers", all.empty() ? "none" : values.config().str(), ""});
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

// A name, or {class_name, config}. Keras has more of them than minnow: what a config names is no
// mistake of the user's.
template <class T>
T LayerReader::named(std::string_view key, std::string_view what, const Config& given) {
  const Config& name = given.is_object() ? given["class_name"] : given;
  if (!name.is_string()) {
    throw InvalidArgument({this->what(), key,
                           fmt::format("the name of {} or an object with a class_name", what),
                           given.str(), ""});
  }
  try {
    const T known(name.string());
    if (given.is_string()) return known;
  } catch (const InvalidArgument& e) {
    throw Unimplemented(this->what(), fmt::format("'{}' = '{}' is not supported. {}", key,
                                                  name.string(), e.hint()));
  }
  return T::from_config(name.string(), given["config"]);
}

Initializer LayerReader::initializer(std::string_view key, Initializer fallback) {
  const Config& given = value(key);
  return given.is_null() ? fallback : named<Initializer>(key, "an initializer", given);
}

Regularizer LayerReader::regularizer(std::string_view key) {
  const Config& given = value(key);
  return given.is_null() ? Regularizer() : named<Regularizer>(key, "a regularizer", given);
}

Constraint LayerReader::constraint(std::string_view key) {
  const Config& given = value(key);
  return given.is_null() ? Constraint() : named<Constraint>(key, "a constraint", given);
}

float LayerReader::real(std::string_view key, float fallback) {
  return static_cast<float>(number(key, fallback));
}

FloatOrList LayerReader::real_or_list(std::string_view key, std::optional<FloatOrList> fallback) {
  const Config* given = &value(key);
  if (given->is_null() && fallback) return *fallback;
  if ((*given)["class_name"] == Config("__numpy__")) given = &(*given)["config"]["value"];
  // numpy arrays of several axes come as lists of lists, whose lengths the layer checks.
  std::vector<float> values;
  const auto collect = [&](const Config& item, auto&& self) -> void {
    if (item.is_number()) return values.push_back(static_cast<float>(item.number()));
    if (!item.is_list()) {
      throw InvalidArgument({what(), key, "a number or a list of numbers", value(key).str(), ""});
    }
    for (const Config& inner : item.list()) self(inner, self);
  };
  collect(*given, collect);
  return given->is_number() ? FloatOrList(values.front()) : FloatOrList(std::move(values));
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

Config regularizer_config(const Regularizer& regularizer) {
  if (!regularizer) return {};
  return keras_object("keras.regularizers", regularizer.class_name(), regularizer.config());
}

Config constraint_config(const Constraint& constraint) {
  if (!constraint) return {};
  return keras_object("keras.constraints", constraint.class_name(), constraint.config());
}

}  // namespace minnow
