#include "core/graph/constraint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/text.h"

namespace minnow {
namespace {

struct ConstraintNames {
  std::string_view snake, camel;
};

// In the order of Constraint::Kind, from max_norm on.
constexpr std::array<ConstraintNames, 4> constraint_names = {{{"max_norm", "MaxNorm"},
                                                              {"non_neg", "NonNeg"},
                                                              {"unit_norm", "UnitNorm"},
                                                              {"min_max_norm", "MinMaxNorm"}}};

Constraint::Kind constraint_kind(std::string_view name) {
  const auto found =
      std::find_if(constraint_names.begin(), constraint_names.end(),
                   [&](const ConstraintNames& n) { return n.snake == name || n.camel == name; });
  if (found == constraint_names.end()) {
    std::array<std::string_view, constraint_names.size()> known;
    std::transform(constraint_names.begin(), constraint_names.end(), known.begin(),
                   [](auto& n) { return n.snake; });
    throw InvalidArgument({"constraint", "", "the name of a constraint", fmt::format("'{}'", name),
                           suggest_name(name, known)});
  }
  return static_cast<Constraint::Kind>(found - constraint_names.begin() + 1);
}

void check_bound(std::string_view where, std::string_view argument, float value) {
  if (std::isfinite(value) && value >= 0) return;
  throw InvalidArgument(
      {where, argument, "a finite number of at least 0", fmt::format("{}", value), ""});
}

}  // namespace

Constraint::Constraint(Kind kind, float min_value, float max_value, float rate,
                       std::vector<std::int64_t> axes)
    : kind_(kind),
      min_value_(min_value),
      max_value_(max_value),
      rate_(rate),
      axes_(std::move(axes)) {
  if (of_norms() && axes_.empty()) {
    throw InvalidArgument({class_name(), "axes", "at least one axis", "none", ""});
  }
}

Constraint::Constraint(std::string_view name) {
  switch (constraint_kind(name)) {
    case Kind::max_norm:
      *this = max_norm();
      break;
    case Kind::unit_norm:
      *this = unit_norm();
      break;
    case Kind::min_max_norm:
      *this = min_max_norm();
      break;
    default:
      *this = non_neg();
      break;
  }
}

Constraint Constraint::max_norm(float max_value, std::vector<std::int64_t> axes) {
  check_bound("MaxNorm", "max_value", max_value);
  return {Kind::max_norm, 0, max_value, 1, std::move(axes)};
}

Constraint Constraint::non_neg() { return {Kind::non_neg, 0, 0, 1, {}}; }

Constraint Constraint::unit_norm(std::vector<std::int64_t> axes) {
  return {Kind::unit_norm, 1, 1, 1, std::move(axes)};
}

Constraint Constraint::min_max_norm(float min_value, float max_value, float rate,
                                    std::vector<std::int64_t> axes) {
  check_bound("MinMaxNorm", "min_value", min_value);
  check_bound("MinMaxNorm", "max_value", max_value);
  if (min_value > max_value) {
    throw InvalidArgument({"MinMaxNorm", "", "min_value <= max_value",
                           fmt::format("{} and {}", min_value, max_value), ""});
  }
  if (!(rate >= 0 && rate <= 1)) {
    throw InvalidArgument(
        {"MinMaxNorm", "rate", "a number in [0, 1]", fmt::format("{}", rate), ""});
  }
  return {Kind::min_max_norm, min_value, max_value, rate, std::move(axes)};
}

std::string Constraint::wrong_axes(const Shape& shape) const {
  const int rank = shape.rank();
  std::vector<bool> seen(static_cast<std::size_t>(rank), false);
  for (const std::int64_t axis : axes_) {
    if (axis < -rank || axis >= rank) return fmt::format("axes in [{}, {})", -rank, rank);
    const auto at = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
    if (seen[at]) return "every axis once";
    seen[at] = true;
  }
  return "";
}

std::string_view Constraint::class_name() const noexcept {
  if (kind_ == Kind::none) return "";
  return constraint_names[static_cast<std::size_t>(kind_) - 1].camel;
}

Config Constraint::config() const {
  Config config = Config(Config::Object{});
  if (kind_ == Kind::min_max_norm) config.set("min_value", min_value_);
  if (kind_ == Kind::max_norm || kind_ == Kind::min_max_norm) config.set("max_value", max_value_);
  if (kind_ == Kind::min_max_norm) config.set("rate", rate_);
  if (of_norms()) {
    config.set("axis", axes_.size() == 1 ? Config(axes_.front()) : Config::integers(axes_));
  }
  return config;
}

Constraint Constraint::from_config(std::string_view class_name, const Config& config) {
  Constraint constraint(class_name);
  ConfigReader reader(config, std::string(constraint.class_name()));
  const auto number = [&](std::string_view key, float fallback) {
    return static_cast<float>(reader.number(key, fallback));
  };
  const auto axes = [&] { return reader.integers("axis", {0}); };
  switch (constraint.kind_) {
    case Kind::max_norm:
      constraint = max_norm(number("max_value", 2), axes());
      break;
    case Kind::unit_norm:
      constraint = unit_norm(axes());
      break;
    case Kind::min_max_norm: {
      const float min_value = number("min_value", 0), max_value = number("max_value", 1);
      constraint = min_max_norm(min_value, max_value, number("rate", 1), axes());
      break;
    }
    default:
      break;
  }
  reader.finish();
  return constraint;
}

}  // namespace minnow
