#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "../core/config.h"
#include "../core/graph/initializer.h"
#include "../core/graph/layer.h"

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

/// The shape of an output or a weight. Throws InvalidArgument, naming the layer and `what`, where
/// the size of it in bytes does not fit in 63 bits.
Shape checked_shape(const BuildContext& context, std::string_view what,
                    const std::vector<std::int64_t>& dims);

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
  /// A number as float32.
  float real(std::string_view key, float fallback);
  /// Unimplemented where one of these has a value.
  void require_none(std::initializer_list<std::string_view> keys);
  /// Unimplemented for Keras's channels_first.
  void require_channels_last() { require("data_format", "channels_last"); }

 private:
  void require_known_initializer(std::string_view key, const std::string& name) const;

  std::string name_;
  bool trainable_ = true;
};

/// {module, class_name, config, registered_name}, as Keras writes a thing that has settings.
Config keras_object(std::string_view module, std::string_view class_name, Config config);
Config initializer_config(const Initializer& initializer);

}  // namespace minnow
