#pragma once

#include <string_view>

#include "../core/config.h"

// What the optimizers share: checks of their numbers, and the settings that Keras's base class
// writes for each.
namespace minnow {

/// Throws InvalidArgument unless the value is finite and above 0.
void require_positive(std::string_view optimizer, std::string_view argument, float value);
/// Throws InvalidArgument unless the value lies in [0, 1).
void require_fraction(std::string_view optimizer, std::string_view argument, float value);

/// Every optimizer's settings as Keras writes them, to be added to.
Config optimizer_config(std::string_view name, float learning_rate);
/// Settles them all and returns the learning rate. Throws Unimplemented where one asks for what
/// minnow does not do: a schedule, weight decay, clipping, averages, accumulated gradients.
float read_optimizer(ConfigReader& reader, float default_rate);

/// The decimal that a float stands for: 0.9F was written 0.9, not 0.89999997615814209.
double decimal(float value);

}  // namespace minnow
