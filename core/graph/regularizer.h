#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../config.h"

namespace minnow {

/// A penalty that a weight adds to the loss, l1 sum |w| + l2 sum w^2: one of Keras's regularizers,
/// by name ("l1", "L2", "l1_l2") or made by one of the functions below. By default none.
class Regularizer {
 public:
  enum class Kind : std::uint8_t { none, l1, l2, l1_l2 };

  Regularizer() = default;
  /// With Keras's defaults: 0.01 for "l1" and "l2", twice 0 for "l1_l2" (which Keras itself calls
  /// "l1l2"). Throws InvalidArgument for an unknown name, with the nearest known one.
  Regularizer(std::string_view name);
  Regularizer(const char* name) : Regularizer(std::string_view(name)) {}
  Regularizer(const std::string& name) : Regularizer(std::string_view(name)) {}

  // Each throws InvalidArgument unless its factors are finite and at least 0.
  static Regularizer l1(float factor = 0.01F);
  static Regularizer l2(float factor = 0.01F);
  static Regularizer l1_l2(float l1 = 0, float l2 = 0);

  explicit operator bool() const noexcept { return kind_ != Kind::none; }
  float l1_factor() const noexcept { return l1_; }
  float l2_factor() const noexcept { return l2_; }

  /// Keras's class name (empty for none) and config, and the reverse.
  std::string_view class_name() const noexcept;
  Config config() const;
  static Regularizer from_config(std::string_view class_name, const Config& config);

 private:
  Regularizer(Kind kind, float l1, float l2) : kind_(kind), l1_(l1), l2_(l2) {}

  Kind kind_ = Kind::none;
  float l1_ = 0, l2_ = 0;
};

}  // namespace minnow
