#pragma once

#include <optional>
#include <string_view>

#include "../core/config.h"
#include "../core/graph/activation_arg.h"
#include "settings.h"

// Activations in Keras's configs: a name, or one of its layers LeakyReLU, ELU and ReLU where the
// parameters are not those of the name.
namespace minnow {

Config activation_config(const ActivationFn& fn);
/// Linear where the key is missing. Throws InvalidArgument or Unimplemented for what it is not.
ActivationFn activation_from(ConfigReader& reader, std::string_view key);

/// The function of Keras's ReLU layer. Throws InvalidArgument for a number below 0 or NaN, and
/// for a slope or threshold that is not finite.
ActivationFn relu_fn(const LayerLabel& layer, std::optional<float> max_value, float negative_slope,
                     float threshold);
/// The settings of the ReLU layer that is this function.
Config relu_config(const ActivationFn& fn);
ActivationFn relu_from(ConfigReader& reader);

}  // namespace minnow
