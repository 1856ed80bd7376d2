// The door for y and the weights of rows.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/train/door.h"
#include "core/train/scan.h"

namespace minnow {
namespace {

std::string number_text(double v) { return fmt::format("{}", v); }

Shape without_last(const Shape& shape) {
  return shape.rank() == 0 ? shape
                           : Shape(shape.dims().first(static_cast<std::size_t>(shape.rank() - 1)));
}

// Index of the first value that `bad` says yes to, or -1.
template <class Bad>
std::int64_t find_value(const Tensor& y, Bad bad) {
  return visit_dtype(y.dtype(), [&](auto zero) -> std::int64_t {
    using T = decltype(zero);
    const auto values = y.values<T>();
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](T v) { return bad(static_cast<double>(v)); });
    return found == values.end() ? -1 : found - values.begin();
  });
}

double value_at(const Tensor& y, std::int64_t index) {
  return visit_dtype(y.dtype(), [&](auto zero) {
    return static_cast<double>(y.values<decltype(zero)>()[static_cast<std::size_t>(index)]);
  });
}

}  // namespace

Tensor Door::check_target(const std::string& argument, const Tensor& y, const TargetRule& rule,
                          const std::string& loss, const GraphNode& output) const {
  const Shape& out = output.output();
  const bool labels = rule.kind == TargetKind::labels;
  const Shape wanted = labels ? without_last(out) : out;
  const auto matches = [&](const Shape& row) {
    return y.rank() == row.rank() + 1 && std::equal(row.begin(), row.end(), y.shape().begin() + 1);
  };
  // (N,) stands for (N, 1) and the reverse, whether labels or numbers.
  const bool extra_one = y.rank() == wanted.rank() + 2 && y.shape().back() == 1 &&
                         std::equal(wanted.begin(), wanted.end(), y.shape().begin() + 1);
  const bool missing_one =
      !labels && wanted.rank() > 0 && wanted.back() == 1 && matches(without_last(wanted));
  if (!matches(wanted) && !extra_one && !missing_one) {
    std::string hint;
    if (labels && matches(out)) {
      hint =
          "The targets look one-hot: use the loss categorical_crossentropy, or "
          "argmax(y, {.axis = 1}).";
    } else if (rule.one_hot && matches(without_last(out))) {
      hint = "The targets look like class numbers: use the loss sparse_categorical_crossentropy.";
    }
    throw InvalidArgument(
        {where, argument,
         fmt::format("shape {} for {} and loss '{}'", wanted.batch_str(), output.label(), loss),
         y.shape().str(), hint});
  }
  const Tensor data = y.reshape(wanted.with_batch(y.rows()));
  check_finite(argument, data);
  const auto refuse = [&](std::int64_t index, std::string_view expected, std::string_view hint) {
    throw InvalidArgument({where, argument, expected,
                           fmt::format("{} at {}", number_text(value_at(data, index)),
                                       position_of(data.shape(), index)),
                           hint});
  };
  if (labels) {
    const auto classes = static_cast<double>(out.rank() == 0 ? 1 : out.back());
    const auto fractional = find_value(data, [](double v) { return v != std::floor(v); });
    if (fractional >= 0) {
      refuse(fractional, fmt::format("whole class numbers for loss '{}'", loss),
             "For class probabilities use the loss categorical_crossentropy.");
    }
    const auto outside = find_value(data, [&](double v) { return v < 0 || v >= classes; });
    if (outside >= 0) {
      refuse(outside, fmt::format("class labels in [0, {}) for {}", classes, output.label()), "");
    }
  }
  if (rule.unit_interval) {
    const auto outside = find_value(data, [](double v) { return v < 0 || v > 1; });
    if (outside >= 0) refuse(outside, fmt::format("targets in [0, 1] for loss '{}'", loss), "");
  }
  return data;
}

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
