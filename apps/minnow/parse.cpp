#include "apps/minnow/parse.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "core/error.h"

namespace minnow::apps {
namespace {

[[noreturn]] void refuse(const Argument& argument, std::string_view expected) {
  throw InvalidArgument(
      {argument.where, argument.name, expected, fmt::format("'{}'", argument.text), ""});
}

template <class T>
std::optional<T> parsed(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

template <std::integral T>
T integer_from(const Argument& argument) {
  const std::optional<T> value = parsed<T>(argument.text);
  if (value) return *value;
  if (parsed<double>(argument.text) == std::nullopt) refuse(argument, "a whole number");
  refuse(argument, fmt::format("a whole number from {} to {}", std::numeric_limits<T>::min(),
                               std::numeric_limits<T>::max()));
}

template int integer_from(const Argument&);
template std::int64_t integer_from(const Argument&);
template std::uint64_t integer_from(const Argument&);

double number_from(const Argument& argument) {
  const std::optional<double> value = parsed<double>(argument.text);
  if (!value) refuse(argument, "a number");
  return *value;
}

float scale_from(const Argument& argument) {
  const std::string_view text = argument.text;
  const std::size_t slash = text.find('/');
  const std::optional<float> above = parsed<float>(text.substr(0, slash));
  const std::optional<float> below =
      slash == text.npos ? std::optional<float>(1.F) : parsed<float>(text.substr(slash + 1));
  const float scale = above && below ? *above / *below : 0;
  if (!(scale > 0) || !std::isfinite(scale)) {
    refuse(argument, "a number above 0, or a fraction such as 1/255");
  }
  return scale;
}

std::map<std::int64_t, float> class_weight_from(const Argument& argument) {
  std::map<std::int64_t, float> weights;
  for (std::string_view rest = argument.text; !rest.empty() || weights.empty();) {
    const std::string_view item = rest.substr(0, rest.find(','));
    const std::size_t colon = item.find(':');
    const std::optional<std::int64_t> label = parsed<std::int64_t>(item.substr(0, colon));
    const std::optional<float> weight =
        colon == item.npos ? std::nullopt : parsed<float>(item.substr(colon + 1));
    if (!label || !weight || !weights.emplace(*label, *weight).second) {
      refuse(argument, "each class once with its weight, such as 0:1,1:2.5");
    }
    if (item.size() == rest.size()) break;
    rest.remove_prefix(item.size() + 1);
    if (rest.empty()) refuse(argument, "each class once with its weight, such as 0:1,1:2.5");
  }
  return weights;
}

}  // namespace minnow::apps
