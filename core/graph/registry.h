#pragma once

#include <string_view>
#include <vector>

#include "../config.h"
#include "layer.h"
#include "learning_rate.h"
#include "loss.h"
#include "metric.h"
#include "optimizer.h"

namespace minnow {

// From Keras's names to objects. Declared here so that the core can turn strings into things it
// does not know; defined in registry/, the one list of all classes. Each throws Unimplemented for
// a class or option that minnow lacks, naming it and what is supported.

/// `config` as Keras's get_config writes it, name and trainable included.
Layer make_layer(std::string_view class_name, const Config& config);

/// By class name ("SGD", with its settings) or by Keras's string ("sgd", with the defaults).
Optimizer make_optimizer(std::string_view name, const Config& config);
/// By class name, as Keras writes a schedule within an optimizer's config.
LearningRateSchedule make_schedule(std::string_view class_name, const Config& config);
Loss make_loss(std::string_view name, const Config& config);
Metric make_metric(std::string_view name, const Config& config);

// Keras's classes that there are, in the registry's order.
std::vector<std::string_view> known_layers();
std::vector<std::string_view> known_optimizers();
std::vector<std::string_view> known_losses();
std::vector<std::string_view> known_metrics();

}  // namespace minnow
