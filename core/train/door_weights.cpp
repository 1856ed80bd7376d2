// The door for the weights of rows and of classes.
#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "core/train/door.h"
#include "core/train/values.h"

namespace minnow {

Tensor Door::check_weights(const std::string& argument, const Tensor& weights,
                           std::int64_t rows) const {
  const bool fits = (weights.rank() == 1 || (weights.rank() == 2 && weights.shape()[1] == 1)) &&
                    weights.rows() == rows;
  if (!fits) {
    throw InvalidArgument({where, argument,
                           fmt::format("shape ({},), one weight for each row", rows),
                           weights.shape().str(), ""});
  }
  const Tensor data = weights.astype(DType::float32).reshape({rows});
  check_finite(argument, data);
  if (const auto bad = find_value(data, [](double v) { return v < 0; }); bad >= 0) {
    throw InvalidArgument({where, argument, "weights of at least 0",
                           fmt::format("{} at row {}", value_at(data, bad), bad), ""});
  }
  if (find_value(data, [](double v) { return v != 0; }) < 0) {
    throw InvalidArgument({where, argument, "a weight above 0", "only zeros", ""});
  }
  return data;
}

Tensor weigh_classes(const Door& door, const Tensor& y, const TargetRule& rule,
                     std::int64_t classes, const std::map<std::int64_t, float>& class_weight,
                     const Tensor* sample_weight) {
  const std::string argument = "class_weight";
  const std::int64_t per_row = y.numel() / y.rows();
  const bool one_hot = rule.kind == TargetKind::numbers && per_row > 1;
  if (y.rank() > 2 || (rule.kind == TargetKind::labels && per_row > 1)) {
    throw InvalidArgument({door.where, argument, "targets with one class for each row",
                           fmt::format("y of shape {}", y.shape().str()), "Use sample_weight."});
  }
  const std::int64_t known = one_hot || rule.kind == TargetKind::labels ? classes : 2;
  for (const auto& [label, weight] : class_weight) {
    if (label < 0 || label >= known) {
      throw InvalidArgument({door.where, argument, fmt::format("classes in [0, {})", known),
                             fmt::format("{}", label), ""});
    }
    if (!std::isfinite(weight) || weight < 0) {
      throw InvalidArgument({door.where, argument, "finite weights of at least 0",
                             fmt::format("{} for class {}", weight, label), ""});
    }
  }
  Tensor weights = sample_weight != nullptr ? *sample_weight : ones({y.rows()});
  const auto out = weights.mutable_values<float>();
  for (std::int64_t row = 0; row < y.rows(); ++row) {
    std::int64_t label = 0;
    if (one_hot) {
      for (std::int64_t c = 1; c < per_row; ++c) {
        if (value_at(y, row * per_row + c) > value_at(y, row * per_row + label)) label = c;
      }
    } else {
      label = static_cast<std::int64_t>(value_at(y, row));
    }
    const auto found = class_weight.find(label);
    if (found != class_weight.end()) out[static_cast<std::size_t>(row)] *= found->second;
  }
  return door.check_weights(argument, weights, y.rows());
}

}  // namespace minnow
