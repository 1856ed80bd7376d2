// The door for x: shape, dtype, values, and what the Input declares.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "core/error.h"
#include "core/graph/finite.h"
#include "core/text.h"
#include "core/train/door.h"
#include "core/train/scan.h"

namespace minnow {
namespace {

bool rows_match(const Shape& x, const Shape& row) {
  return x.rank() == row.rank() + 1 && std::equal(row.begin(), row.end(), x.begin() + 1);
}

// As Keras does: an axis of 1 at the end may be left out or be too many.
bool rows_match_but_for_last(const Shape& x, const Shape& row) {
  const bool left_out = row.rank() > 0 && row.back() == 1 && x.rank() == row.rank() &&
                        std::equal(row.begin(), row.end() - 1, x.begin() + 1);
  const bool too_many = x.rank() == row.rank() + 2 && x.back() == 1 &&
                        std::equal(row.begin(), row.end(), x.begin() + 1);
  return left_out || too_many;
}

std::string product_of(const Shape& shape) { return joined(shape.dims(), "*"); }

// How to mend a shape, where that can be known.
std::string shape_hint(const std::string& argument, const Shape& x, const Shape& row) {
  if (x.rank() == 0) return "";
  const std::int64_t per_row = x[0] == 0 ? 0 : x.numel() / x[0];
  const bool images = row.rank() == 3 && x.rank() == 4;
  if (images && row[2] != 1 && x[1] == row[2] && x[2] == row[0] && x[3] == row[1]) {
    return fmt::format(
        "The channels come first: bring the axes of {} into the order (N, height, "
        "width, channels).",
        argument);
  }
  if (images && x[1] == row[0] && x[2] == row[1] && row[2] == 1 && (x[3] == 3 || x[3] == 4)) {
    return fmt::format(
        "The images have {} channels ({}): make them grey, or declare "
        "Input({{{}, {}, {}}}).",
        x[3], x[3] == 3 ? "RGB" : "RGBA", row[0], row[1], x[3]);
  }
  if (x.rank() == row.rank() && x == row) {
    return fmt::format("One sample needs a batch axis: reshape {} to {}.", argument,
                       row.with_batch(1).str());
  }
  if (per_row == row.numel() && row.rank() > 0) {
    return fmt::format("{} = {}: reshape {} to {}.",
                       x.rank() == 2 ? fmt::format("{}", x[1]) : product_of(x.without_batch()),
                       row.rank() == 1 ? fmt::format("{}", row[0]) : product_of(row), argument,
                       row.with_batch(x[0]).str());
  }
  return "";
}

std::string describe(const ValueScan& s) {
  return fmt::format("values in [{:.6g}, {:.6g}], mean {:.4g} and standard deviation {:.4g}", s.min,
                     s.max, s.mean, s.stddev);
}

bool within(const Standardized& s, const ValueScan& scan) {
  return std::abs(scan.mean) <= s.mean_tolerance && scan.stddev >= s.min_stddev &&
         scan.stddev <= s.max_stddev;
}

std::string standardise_hint(const std::string& x, Standardized::Over over) {
  const std::string axis = over == Standardized::Over::all ? ""
                           : over == Standardized::Over::feature
                               ? ", {.axis = 0, .keepdims = true}"
                               : ", {.axis = 1, .keepdims = true}";
  return fmt::format("Standardise it: ({0} - mean({0}{1})) / stddev({0}{1}).", x, axis);
}

}  // namespace

std::string position_of(const Shape& shape, std::int64_t index) {
  if (shape.rank() == 0) return "position ()";
  const std::int64_t per_row = shape[0] == 0 ? 1 : shape.numel() / shape[0];
  std::int64_t rest = index % per_row;
  std::string text = fmt::format("row {}", index / per_row);
  if (per_row == 1) return text;
  std::vector<std::int64_t> place;
  for (int axis = shape.rank() - 1; axis > 0; --axis) {
    place.insert(place.begin(), rest % shape[axis]);
    rest /= shape[axis];
  }
  return text + (place.size() == 1 ? fmt::format(", position {}", place[0])
                                   : fmt::format(", position ({})", joined(place)));
}

Tensor Door::check_input(const std::string& argument, const Tensor& x,
                         const GraphNode& node) const {
  const Shape& row = node.output();
  const bool fits = rows_match(x.shape(), row);
  if (!fits && !rows_match_but_for_last(x.shape(), row)) {
    throw InvalidArgument({where, argument,
                           fmt::format("shape {} for {}", row.batch_str(), node.label()),
                           x.shape().str(), shape_hint(argument, x.shape(), row)});
  }
  const bool scaled = x.dtype() == DType::uint8 && input_scale != 0;
  if (x.dtype() != DType::float32 && !autocast && !scaled) {
    const std::string scale_hint =
        x.dtype() == DType::uint8 && row.rank() == 3
            ? " For images, declare a scale instead: .input_scale = 1 / 255.f."
            : "";
    throw InvalidArgument(
        {where, argument, fmt::format("dtype float32 for {}", node.label()), name(x.dtype()),
         "Convert it with astype(float32), or compile with .autocast = true." + scale_hint});
  }
  Tensor data = fits ? x : x.reshape(row.with_batch(x.rows()));
  if (data.rows() > 0) check_values(argument, data, node);
  return data;
}

void Door::check_finite(const std::string& argument, const Tensor& x) const {
  if (!is_floating(x.dtype())) return;
  // That all are is told sooner than which one is not.
  if (x.dtype() == DType::float32 && all_finite(workers, x)) return;
  const ValueScan scan = scan_values(workers, x);
  if (scan.non_finite < 0) return;
  const double bad =
      x.astype(DType::float64).values<double>()[static_cast<std::size_t>(scan.non_finite)];
  throw InvalidArgument({where, argument, "finite values",
                         fmt::format("{} at {}",
                                     std::isnan(bad) ? "nan"
                                     : bad > 0       ? "inf"
                                                     : "-inf",
                                     position_of(x.shape(), scan.non_finite)),
                         ""});
}

void Door::check_values(const std::string& argument, const Tensor& x, const GraphNode& node) const {
  check_finite(argument, x);
  const InputImpl& input = *as_input(node.layer);
  const double scale = scale_of(x);
  if (const auto* range = std::get_if<Range>(&input.expects())) {
    const ValueScan scan = scan_values(workers, x, scale);
    if (scan.min < range->low || scan.max > range->high) {
      throw InvalidArgument(
          {where, argument,
           fmt::format("values in [{}, {}] for {}", range->low, range->high, node.label()),
           describe(scan), fmt::format("Rescale {} to that range before.", argument)});
    }
  }
  const auto* standardized = std::get_if<Standardized>(&input.expects());
  if (standardized == nullptr) return;
  const std::int64_t features = x.numel() / x.rows();
  const bool by_feature = standardized->over == Standardized::Over::feature;
  const auto refuse = [&](const ValueScan& scan, const std::string& part) {
    throw InvalidArgument(
        {where, argument,
         fmt::format("standardised values for {}: mean within {} of 0, standard deviation within "
                     "{} to {}",
                     node.label(), standardized->mean_tolerance, standardized->min_stddev,
                     standardized->max_stddev),
         describe(scan) + part, standardise_hint(argument, standardized->over)});
  };
  if (standardized->over == Standardized::Over::all) {
    const ValueScan scan = scan_values(workers, x, scale);
    if (!within(*standardized, scan)) refuse(scan, "");
    return;
  }
  for (std::int64_t i = 0; i < (by_feature ? features : x.rows()); ++i) {
    const ValueScan scan = by_feature ? scan_strided(x, i, x.rows(), features, scale)
                                      : scan_strided(x, i * features, features, 1, scale);
    if (!within(*standardized, scan)) {
      refuse(scan, fmt::format(" in {} {}", by_feature ? "feature" : "row", i));
    }
  }
}

std::string Door::warning_for(const std::string& argument, const Tensor& x,
                              const GraphNode& node) const {
  if (!std::holds_alternative<std::monostate>(as_input(node.layer)->expects())) return "";
  const ValueScan scan = scan_values(workers, x, scale_of(x));
  if (std::abs(scan.mean) <= 10 && scan.stddev <= 10) return "";
  return fmt::format(
      "[{}] {}: {} for {}. Networks train poorly on unscaled data; standardise or rescale it, or "
      "declare what the Input expects.",
      where, argument, describe(scan), node.label());
}

std::int64_t Door::check_rows(
    const std::vector<std::pair<std::string, const Tensor*>>& data) const {
  const auto& [first_name, first] = data.front();
  for (const auto& [argument, tensor] : data) {
    if (tensor->rank() == 0) {
      throw InvalidArgument({where, argument, "at least one axis", "a scalar", ""});
    }
    if (tensor->rows() != first->rows()) {
      throw InvalidArgument({where, argument,
                             fmt::format("{} rows, as {} has", first->rows(), first_name),
                             fmt::format("{}", tensor->rows()), ""});
    }
  }
  if (first->rows() == 0) {
    throw InvalidArgument({where, first_name, "at least one row", "none", ""});
  }
  return first->rows();
}

void Door::check_count(const std::string& argument, std::size_t expected, std::size_t got,
                       std::string_view of_what) const {
  if (expected == got) return;
  throw InvalidArgument(
      {where, argument,
       fmt::format("{} tensor{}, one for each {}", expected, expected == 1 ? "" : "s", of_what),
       fmt::format("{}", got), ""});
}

}  // namespace minnow
