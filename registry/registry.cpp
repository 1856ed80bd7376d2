// The one list of all layers, losses, optimizers and metrics. A new class gets its line here.
#include "core/graph/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/graph/symbol.h"
#include "core/text.h"
#include "layers/activation.h"
#include "layers/average_pooling2d.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/max_pooling2d.h"
#include "layers/relu.h"
#include "layers/reshape.h"
#include "layers/softmax.h"
#include "losses/binary_crossentropy.h"
#include "losses/categorical_crossentropy.h"
#include "losses/mean_squared_error.h"
#include "losses/sparse_categorical_crossentropy.h"
#include "metrics/accuracy.h"
#include "metrics/binary_accuracy.h"
#include "metrics/categorical_accuracy.h"
#include "metrics/mean_absolute_error.h"
#include "metrics/sparse_categorical_accuracy.h"
#include "optim/adam.h"
#include "optim/sgd.h"

namespace minnow {
namespace {

template <class T>
struct Entry {
  std::string_view name;
  T (*make)(const Config& config);
};

// Each class under its name, then under Keras's other ones.
constexpr std::array layers = {
    Entry<Layer>{"Activation", Activation::from_config},
    Entry<Layer>{"AveragePooling2D", AveragePooling2D::from_config},
    Entry<Layer>{"Conv2D", Conv2D::from_config},
    Entry<Layer>{"Dense", Dense::from_config},
    Entry<Layer>{"Dropout", Dropout::from_config},
    Entry<Layer>{"Flatten", Flatten::from_config},
    Entry<Layer>{"InputLayer", Input::from_config},
    Entry<Layer>{"MaxPooling2D", MaxPooling2D::from_config},
    Entry<Layer>{"ReLU", ReLU::from_config},
    Entry<Layer>{"Reshape", Reshape::from_config},
    Entry<Layer>{"Softmax", Softmax::from_config},
};

constexpr std::array optimizers = {
    Entry<Optimizer>{"Adam", Adam::from_config},
    Entry<Optimizer>{"adam", Adam::from_config},
    Entry<Optimizer>{"SGD", SGD::from_config},
    Entry<Optimizer>{"sgd", SGD::from_config},
};

constexpr std::array losses = {
    Entry<Loss>{"BinaryCrossentropy", BinaryCrossentropy::from_config},
    Entry<Loss>{"binary_crossentropy", BinaryCrossentropy::from_config},
    Entry<Loss>{"bce", BinaryCrossentropy::from_config},
    Entry<Loss>{"BCE", BinaryCrossentropy::from_config},
    Entry<Loss>{"CategoricalCrossentropy", CategoricalCrossentropy::from_config},
    Entry<Loss>{"categorical_crossentropy", CategoricalCrossentropy::from_config},
    Entry<Loss>{"MeanSquaredError", MeanSquaredError::from_config},
    Entry<Loss>{"mean_squared_error", MeanSquaredError::from_config},
    Entry<Loss>{"mse", MeanSquaredError::from_config},
    Entry<Loss>{"MSE", MeanSquaredError::from_config},
    Entry<Loss>{"SparseCategoricalCrossentropy", SparseCategoricalCrossentropy::from_config},
    Entry<Loss>{"sparse_categorical_crossentropy", SparseCategoricalCrossentropy::from_config},
};

constexpr std::array metrics = {
    Entry<Metric>{"Accuracy", Accuracy::from_config},
    Entry<Metric>{"accuracy", Accuracy::from_config},
    Entry<Metric>{"acc", Accuracy::from_config},
    Entry<Metric>{"BinaryAccuracy", BinaryAccuracy::from_config},
    Entry<Metric>{"binary_accuracy", BinaryAccuracy::from_config},
    Entry<Metric>{"CategoricalAccuracy", CategoricalAccuracy::from_config},
    Entry<Metric>{"categorical_accuracy", CategoricalAccuracy::from_config},
    Entry<Metric>{"MeanAbsoluteError", MeanAbsoluteError::from_config},
    Entry<Metric>{"mean_absolute_error", MeanAbsoluteError::from_config},
    Entry<Metric>{"mae", MeanAbsoluteError::from_config},
    Entry<Metric>{"MAE", MeanAbsoluteError::from_config},
    Entry<Metric>{"SparseCategoricalAccuracy", SparseCategoricalAccuracy::from_config},
    Entry<Metric>{"sparse_categorical_accuracy", SparseCategoricalAccuracy::from_config},
};

// Strings that Keras knows and minnow does not: no slip of the pen, so they get another answer.
constexpr std::array<std::string_view, 11> other_optimizers = {
    "adadelta", "adafactor", "adagrad", "adamax", "adamw",  "ftrl",
    "lamb",     "lion",      "muon",    "nadam",  "rmsprop"};
constexpr std::array<std::string_view, 18> other_losses = {"categorical_focal_crossentropy",
                                                           "categorical_hinge",
                                                           "cosine_similarity",
                                                           "ctc",
                                                           "dice",
                                                           "binary_focal_crossentropy",
                                                           "hinge",
                                                           "huber",
                                                           "kl_divergence",
                                                           "kld",
                                                           "log_cosh",
                                                           "logcosh",
                                                           "mean_absolute_error",
                                                           "mae",
                                                           "mean_absolute_percentage_error",
                                                           "mean_squared_logarithmic_error",
                                                           "poisson",
                                                           "squared_hinge"};
constexpr std::array<std::string_view, 14> other_metrics = {"auc",
                                                            "binary_crossentropy",
                                                            "categorical_crossentropy",
                                                            "cosine_similarity",
                                                            "f1_score",
                                                            "hinge",
                                                            "kl_divergence",
                                                            "mean_squared_error",
                                                            "mse",
                                                            "precision",
                                                            "recall",
                                                            "root_mean_squared_error",
                                                            "sparse_categorical_crossentropy",
                                                            "top_k_categorical_accuracy"};

bool is_string_of_keras(std::string_view name) {
  return std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

template <class T>
std::vector<std::string_view> names_in(std::span<const Entry<T>> table, bool strings) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) {
    if (is_string_of_keras(entry.name) == strings) names.push_back(entry.name);
  }
  return names;
}

// KLDivergence, kl_divergence: the same to Keras.
std::string plain(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c != '_') letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return letters;
}

template <class T>
const Entry<T>* find(std::span<const Entry<T>> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Entry<T>& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

[[noreturn]] void class_not_supported(std::string_view where, std::string_view what,
                                      const std::vector<std::string_view>& supported) {
  throw Unimplemented(where, fmt::format("this {} is not supported. Supported: {}.", what,
                                         fmt::join(supported, ", ")));
}

// A name without settings is a string that a user typed; with settings it comes from a file.
template <class T>
T make_compiled(std::span<const Entry<T>> table, std::span<const std::string_view> others,
                std::string_view what, std::string_view argument, std::string_view name,
                const Config& config) {
  if (const auto* entry = find(table, name)) return entry->make(config);
  if (!config.is_null()) class_not_supported(name, what, names_in(table, false));
  const std::vector<std::string_view> known = names_in(table, true);
  const bool keras_has_it = std::any_of(others.begin(), others.end(), [&](std::string_view other) {
    return plain(other) == plain(name);
  });
  if (keras_has_it) {
    throw Unimplemented("compile", fmt::format("{} '{}' is not supported. Supported: {}.", what,
                                               name, fmt::join(known, ", ")));
  }
  throw InvalidArgument({"compile", std::string(argument),
                         fmt::format("the name of {} {}", what == "optimizer" ? "an" : "a", what),
                         fmt::format("'{}'", name), suggest_name(name, known)});
}

}  // namespace

Layer make_layer(std::string_view class_name, const Config& config) {
  const std::span<const Entry<Layer>> table = layers;
  if (const auto* entry = find(table, class_name)) return entry->make(config);
  const Config& name = config["name"];
  class_not_supported(name.is_string() ? fmt::format("{} '{}'", class_name, name.string())
                                       : std::string(class_name),
                      "layer", names_in(table, false));
}

Optimizer make_optimizer(std::string_view name, const Config& config) {
  return make_compiled<Optimizer>(optimizers, other_optimizers, "optimizer", "optimizer", name,
                                  config);
}

Loss make_loss(std::string_view name, const Config& config) {
  return make_compiled<Loss>(losses, other_losses, "loss", "loss", name, config);
}

Metric make_metric(std::string_view name, const Config& config) {
  return make_compiled<Metric>(metrics, other_metrics, "metric", "metrics", name, config);
}

}  // namespace minnow
