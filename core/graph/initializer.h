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
    variance_scaling,
    orthogonal,
    identity,
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

  /// Of variance scale / fan. `mode` names the fan: fan_in, fan_out or fan_avg, their mean;
  /// `distribution` is uniform, truncated_normal (also called normal) or untruncated_normal. Throws
  /// InvalidArgument for another name and unless scale is finite and above 0.
  static Initializer variance_scaling(float scale = 1, std::string_view mode = "fan_in",
                                      std::string_view distribution = "truncated_normal");
  /// Columns (of wide weights rows) that are orthogonal and as long as `gain`, after Saxe et al.,
  /// "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014.
  /// All axes but the last count as one.
  static Initializer orthogonal(float gain = 1);
  /// `gain` on the diagonal of a matrix, 0 elsewhere.
  static Initializer identity(float gain = 1);

  /// What shape it would take where it cannot fill this one: "a matrix"; empty where it can.
  std::string wrong_shape(const Shape& shape) const;

  /// Writes shape.numel() values. Fans as in Keras: for (in, out) in and out; for a convolution
  /// kernel (h, w, in, out) h w in and h w out. Throws ResourceExhausted.
  void fill(const Shape& shape, Rng& rng, float* values) const;

  /// Keras's class name and config, and the reverse.
  std::string_view class_name() const noexcept;
  Config config() const;
  static Initializer from_config(std::string_view class_name, const Config& config);

 private:
  enum class Fan : std::uint8_t { in, out, average };
  enum class Distribution : std::uint8_t { uniform, truncated_normal, untruncated_normal };
  // What most of them come to: Keras's VarianceScaling.
  struct Scaling {
    Fan fan;
    Distribution distribution;
  };

  Initializer(Kind kind, float a, float b, Scaling scaling = {})
      : kind_(kind), a_(a), b_(b), scaling_(scaling) {}
  void fill_scaled(const Shape& shape, Rng& rng, float* values) const;

  Kind kind_;
  float a_ = 0;  // constant: the value; uniform: low; normal: mean; scaled: scale; others: gain
  float b_ = 0;  // uniform: high; normal: stddev
  Scaling scaling_ = {};
};

}  // namespace minnow
