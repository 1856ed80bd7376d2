// The door for y.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/train/door.h"
#include "core/train/scan.h"
#include "core/train/values.h"

namespace minnow {
namespace {

std::string number_text(double v) { return fmt::format("{}", v); }

Shape without_last(const Shape& shape) {
  return shape.rank() == 0 ? shape
                           : Shape(shape.dims().first(static_cast<std::size_t>(shape.rank() - 1)));
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

}  // namespace minnow
