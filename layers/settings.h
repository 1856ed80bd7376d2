#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/config.h"
#include "../core/graph/constraint.h"
#include "../core/graph/initializer.h"
#include "../core/graph/layer.h"
#include "../core/graph/regularizer.h"

// What the layers share: how they name themselves, check their settings, and read and write them
// the way Keras's get_config does.
namespace minnow {

/// A layer in messages: "Conv2D 'conv2d'", or "Conv2D" without a name of its own.
struct LayerLabel {
  std::string_view class_name;
  std::string_view name;
  std::string str() const;
};

/// Throws InvalidArgument where value < least.
void require_at_least(const LayerLabel& layer, std::string_view argument, std::int64_t value,
                      std::int64_t least);

/// Throws InvalidArgument unless the value is finite and at least 0.
void require_not_negative(const LayerLabel& layer, std::string_view argument, float value);

/// The shape of an output or a weight. Throws InvalidArgument, naming the layer and `what`, where
/// the size of it in bytes does not fit in 63 bits.
Shape checked_shape(const BuildContext& context, std::string_view what,
                    const std::vector<std::int64_t>& dims);

/// The axis of a row that Keras's `axis` means, which counts the batch's as 0 and from the end
/// where it is negative. Throws InvalidArgument where the input has no such axis, or it is the
/// batch's.
int row_axis(const BuildContext& context, std::int64_t axis);

/// One number for all, or one for each feature of the last axis: `1 / 255.f`, `{1.f, 2.f}`.
class FloatOrList {
 public:
  FloatOrList(float value) : values_{value}, is_list_(false) {}
  FloatOrList(std::initializer_list<float> values) : values_(values) {}
  FloatOrList(std::vector<float> values) : values_(std::move(values)) {}

  bool is_list() const noexcept { return is_list_; }
  const std::vector<float>& values() const noexcept { return values_; }
  /// A number or a list.
  Config config() const;

 private:
  std::vector<float> values_;
  bool is_list_ = true;
};

/// Throws InvalidArgument where a value is NaN or infinite, or there is none.
void require_finite(const LayerLabel& layer, std::string_view argument, const FloatOrList& values);

/// Reads a layer's config. Every layer has `name` and `trainable`, and `dtype` must be float32.
/// Throws as ConfigReader does.
class LayerReader : public ConfigReader {
 public:
  LayerReader(const Config& config, std::string_view class_name);
  LayerReader(const Config&&, std::string_view) = delete;

  const std::string& name() const noexcept { return name_; }
  bool trainable() const noexcept { return trainable_; }

  /// A name, or {class_name, config} as Keras writes it.
  Initializer initializer(std::string_view key, Initializer fallback);
  /// The same for a regularizer and a constraint; null is none.
  Regularizer regularizer(std::string_view key);
  Constraint constraint(std::string_view key);
  /// A number as float32.
  float real(std::string_view key, float fallback);
  /// A number or a list of numbers, the list plain or as Keras writes a numpy array.
  FloatOrList real_or_list(std::string_view key,
                           std::optional<FloatOrList> fallback = std::nullopt);
  /// Unimplemented where one of these has a value.
  void require_none(std::initializer_list<std::string_view> keys);
  /// Unimplemented for Keras's channels_first.
  void require_channels_last() { require("data_format", "channels_last"); }

 private:
  template <class T>
  T named(std::string_view key, std::string_view what, const Config& given);

  std::string name_;
  bool trainable_ = true;
};

/// {module, class_name, config, registered_name}, as Keras writes a thing that has settings.
Config keras_object(std::string_view module, std::string_view class_name, Config config);
Config initializer_config(const Initializer& initializer);
/// Null for none.
Config regularizer_config(const Regularizer& regularizer);
Config constraint_config(const Constraint& constraint);

}  // namespace minnow
