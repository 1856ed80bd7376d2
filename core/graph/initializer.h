#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../config.h"
#include "../rng.h"
#include "../shape.h"

namespace minnow {

/// How a weight gets its first values: one of Keras's initialisers, by name ("glorot_uniform",
/// "HeNormal") or made by one of the functions below.
class Initializer {
 public:
  enum class Kind : std::uint8_t {
    zeros,
    ones,
    constant,
    random_uniform,
    random_normal,
    truncated_normal,
    glorot_uniform,
    glorot_normal,
    he_uniform,
    he_normal,
    lecun_uniform,
    lecun_normal,
  };

  /// Throws InvalidArgument for an unknown name, with the nearest known one.
  Initializer(std::string_view name);
  Initializer(const char* name) : Initializer(std::string_view(name)) {}
  Initializer(const std::string& name) : Initializer(std::string_view(name)) {}

  static Initializer constant(float value);
  /// Throws InvalidArgument unless low <= high, both finite.
  static Initializer random_uniform(float low = -0.05F, float high = 0.05F);
  /// Throws InvalidArgument where stddev is negative or a parameter is not finite.
  static Initializer random_normal(float mean = 0.0F, float stddev = 0.05F);
  /// Normal, drawn again beyond two standard deviations.
  static Initializer truncated_normal(float mean = 0.0F, float stddev = 0.05F);

  /// Writes shape.numel() values. Fans as in Keras: for (in, out) in and out; for a convolution
  /// kernel (h, w, in, out) h w in and h w out.
  void fill(const Shape& shape, Rng& rng, float* values) const;

  /// Keras's class name and config, and the reverse.
  std::string_view class_name() const noexcept;
  Config config() const;
  static Initializer from_config(std::string_view class_name, const Config& config);

 private:
  Initializer(Kind kind, float a, float b) : kind_(kind), a_(a), b_(b) {}

  Kind kind_;
  float a_ = 0;  // constant: the value; uniform: low; normal: mean
  float b_ = 0;  // uniform: high; normal: stddev
};

}  // namespace minnow
