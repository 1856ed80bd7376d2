#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../config.h"
#include "../shape.h"

namespace minnow {

/// What a weight is brought back to after every update: one of Keras's constraints, by name
/// ("max_norm", "NonNeg") or made by one of the functions below. By default none.
///
/// Norms are Euclidean and taken along `axes` of the weight's shape; negative ones count from the
/// end. For a Dense kernel (in, units) axis 0 gives one for each unit, for a Conv2D kernel
/// (h, w, in, filters) axes 0, 1 and 2 one for each filter.
class Constraint {
 public:
  enum class Kind : std::uint8_t { none, max_norm, non_neg, unit_norm, min_max_norm };

  Constraint() = default;
  /// Throws InvalidArgument for an unknown name, with the nearest known one.
  Constraint(std::string_view name);
  Constraint(const char* name) : Constraint(std::string_view(name)) {}
  Constraint(const std::string& name) : Constraint(std::string_view(name)) {}

  // Each throws InvalidArgument where a number is negative or not finite, and for no axes.

  /// w clip(norm, 0, max_value) / (norm + 1e-7).
  static Constraint max_norm(float max_value = 2, std::vector<std::int64_t> axes = {0});
  /// max(w, 0).
  static Constraint non_neg();
  /// w / (norm + 1e-7).
  static Constraint unit_norm(std::vector<std::int64_t> axes = {0});
  /// w (rate clip(norm, min_value, max_value) + (1 - rate) norm) / (norm + 1e-7). Throws also where
  /// min_value > max_value or rate > 1.
  static Constraint min_max_norm(float min_value = 0, float max_value = 1, float rate = 1,
                                 std::vector<std::int64_t> axes = {0});

  explicit operator bool() const noexcept { return kind_ != Kind::none; }
  Kind kind() const noexcept { return kind_; }
  /// Whether it looks at norms; then these are their bounds.
  bool of_norms() const noexcept { return kind_ != Kind::none && kind_ != Kind::non_neg; }
  float min_value() const noexcept { return min_value_; }
  float max_value() const noexcept { return max_value_; }
  float rate() const noexcept { return rate_; }
  const std::vector<std::int64_t>& axes() const noexcept { return axes_; }

  /// What is wrong with the axes for a weight of this shape, as "axes in [-2, 2)"; empty: nothing.
  std::string wrong_axes(const Shape& shape) const;

  /// Keras's class name (empty for none) and config, and the reverse.
  std::string_view class_name() const noexcept;
  Config config() const;
  static Constraint from_config(std::string_view class_name, const Config& config);

 private:
  Constraint(Kind kind, float min_value, float max_value, float rate,
             std::vector<std::int64_t> axes);

  Kind kind_ = Kind::none;
  float min_value_ = 0, max_value_ = 0, rate_ = 1;
  std::vector<std::int64_t> axes_ = {};
};

}  // namespace minnow
