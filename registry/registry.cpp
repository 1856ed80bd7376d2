// The one list of all layers, losses, optimizers and metrics. A new class gets its line here.
#include "core/graph/registry.h"

#include <fmt/format.h>

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
#include "layers/batch_normalization.h"
#include "layers/concatenate.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/depthwise_conv2d.h"
#include "layers/dropout.h"
#include "layers/elu.h"
#include "layers/flatten.h"
#include "layers/gaussian_noise.h"
#include "layers/global_pooling2d.h"
#include "layers/layer_normalization.h"
#include "layers/leaky_relu.h"
#include "layers/max_pooling2d.h"
#include "layers/merge.h"
#include "layers/normalization.h"
#include "layers/permute.h"
#include "layers/prelu.h"
#include "layers/relu.h"
#include "layers/rescaling.h"
#include "layers/reshape.h"
#include "layers/softmax.h"
#include "layers/spatial_dropout2d.h"
#include "layers/up_sampling2d.h"
#include "layers/zero_padding2d.h"
#include "losses/binary_crossentropy.h"
#include "losses/categorical_crossentropy.h"
#include "losses/categorical_hinge.h"
#include "losses/hinge.h"
#include "losses/huber.h"
#include "losses/kl_divergence.h"
#include "losses/log_cosh.h"
#include "losses/mean_absolute_error.h"
#include "losses/mean_absolute_percentage_error.h"
#include "losses/mean_squared_error.h"
#include "losses/mean_squared_logarithmic_error.h"
#include "losses/poisson.h"
#include "losses/sparse_categorical_crossentropy.h"
#include "losses/squared_hinge.h"
#include "metrics/accuracy.h"
#include "metrics/auc.h"
#include "metrics/binary_accuracy.h"
#include "metrics/categorical_accuracy.h"
#include "metrics/mean_absolute_error.h"
#include "metrics/mean_squared_error.h"
#include "metrics/precision.h"
#include "metrics/recall.h"
#include "metrics/root_mean_squared_error.h"
#include "metrics/sparse_categorical_accuracy.h"
#include "metrics/sparse_top_k_categorical_accuracy.h"
#include "metrics/top_k_categorical_accuracy.h"
#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/adamw.h"
#include "optim/cosine_decay.h"
#include "optim/cosine_decay_restarts.h"
#include "optim/exponential_decay.h"
#include "optim/inverse_time_decay.h"
#include "optim/nadam.h"
#include "optim/piecewise_constant_decay.h"
#include "optim/polynomial_decay.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"

namespace minnow {
namespace {

template <class T>
struct Entry {
  std::string_view name;
  T (*make)(const Config& config);
};

// Each class under its name, then under Keras's other ones.
constexpr std::array all_layers = {
    Entry<Layer>{"Activation", Activation::from_config},
    Entry<Layer>{"Add", Add::from_config},
    Entry<Layer>{"Average", Average::from_config},
    Entry<Layer>{"AveragePooling2D", AveragePooling2D::from_config},
    Entry<Layer>{"BatchNormalization", BatchNormalization::from_config},
    Entry<Layer>{"Concatenate", Concatenate::from_config},
    Entry<Layer>{"Conv2D", Conv2D::from_config},
    Entry<Layer>{"Dense", Dense::from_config},
    Entry<Layer>{"DepthwiseConv2D", DepthwiseConv2D::from_config},
    Entry<Layer>{"Dropout", Dropout::from_config},
    Entry<Layer>{"ELU", ELU::from_config},
    Entry<Layer>{"Flatten", Flatten::from_config},
    Entry<Layer>{"GaussianNoise", GaussianNoise::from_config},
    Entry<Layer>{"GlobalAveragePooling2D", GlobalAveragePooling2D::from_config},
    Entry<Layer>{"GlobalMaxPooling2D", GlobalMaxPooling2D::from_config},
    Entry<Layer>{"InputLayer", Input::from_config},
    Entry<Layer>{"LayerNormalization", LayerNormalization::from_config},
    Entry<Layer>{"LeakyReLU", LeakyReLU::from_config},
    Entry<Layer>{"MaxPooling2D", MaxPooling2D::from_config},
    Entry<Layer>{"Maximum", Maximum::from_config},
    Entry<Layer>{"Minimum", Minimum::from_config},
    Entry<Layer>{"Multiply", Multiply::from_config},
    Entry<Layer>{"Normalization", Normalization::from_config},
    Entry<Layer>{"PReLU", PReLU::from_config},
    Entry<Layer>{"Permute", Permute::from_config},
    Entry<Layer>{"ReLU", ReLU::from_config},
    Entry<Layer>{"Rescaling", Rescaling::from_config},
    Entry<Layer>{"Reshape", Reshape::from_config},
    Entry<Layer>{"Softmax", Softmax::from_config},
    Entry<Layer>{"SpatialDropout2D", SpatialDropout2D::from_config},
    Entry<Layer>{"Subtract", Subtract::from_config},
    Entry<Layer>{"UpSampling2D", UpSampling2D::from_config},
    Entry<Layer>{"ZeroPadding2D", ZeroPadding2D::from_config},
};

constexpr std::array all_optimizers = {
    Entry<Optimizer>{"Adagrad", Adagrad::from_config},
    Entry<Optimizer>{"adagrad", Adagrad::from_config},
    Entry<Optimizer>{"Adam", Adam::from_config},
    Entry<Optimizer>{"adam", Adam::from_config},
    Entry<Optimizer>{"AdamW", AdamW::from_config},
    Entry<Optimizer>{"adamw", AdamW::from_config},
    Entry<Optimizer>{"Nadam", Nadam::from_config},
    Entry<Optimizer>{"nadam", Nadam::from_config},
    Entry<Optimizer>{"RMSprop", RMSprop::from_config},
    Entry<Optimizer>{"rmsprop", RMSprop::from_config},
    Entry<Optimizer>{"SGD", SGD::from_config},
    Entry<Optimizer>{"sgd", SGD::from_config},
};

constexpr std::array all_schedules = {
    Entry<LearningRateSchedule>{"CosineDecay", CosineDecay::from_config},
    Entry<LearningRateSchedule>{"CosineDecayRestarts", CosineDecayRestarts::from_config},
    Entry<LearningRateSchedule>{"ExponentialDecay", ExponentialDecay::from_config},
    Entry<LearningRateSchedule>{"InverseTimeDecay", InverseTimeDecay::from_config},
    Entry<LearningRateSchedule>{"PiecewiseConstantDecay", PiecewiseConstantDecay::from_config},
    Entry<LearningRateSchedule>{"PolynomialDecay", PolynomialDecay::from_config},
};

constexpr std::array all_losses = {
    Entry<Loss>{"BinaryCrossentropy", BinaryCrossentropy::from_config},
    Entry<Loss>{"binary_crossentropy", BinaryCrossentropy::from_config},
    Entry<Loss>{"bce", BinaryCrossentropy::from_config},
    Entry<Loss>{"BCE", BinaryCrossentropy::from_config},
    Entry<Loss>{"CategoricalCrossentropy", CategoricalCrossentropy::from_config},
    Entry<Loss>{"categorical_crossentropy", CategoricalCrossentropy::from_config},
    Entry<Loss>{"CategoricalHinge", CategoricalHinge::from_config},
    Entry<Loss>{"categorical_hinge", CategoricalHinge::from_config},
    Entry<Loss>{"Hinge", Hinge::from_config},
    Entry<Loss>{"hinge", Hinge::from_config},
    Entry<Loss>{"Huber", Huber::from_config},
    Entry<Loss>{"huber", Huber::from_config},
    Entry<Loss>{"KLDivergence", KLDivergence::from_config},
    Entry<Loss>{"kl_divergence", KLDivergence::from_config},
    Entry<Loss>{"kld", KLDivergence::from_config},
    Entry<Loss>{"KLD", KLDivergence::from_config},
    Entry<Loss>{"LogCosh", LogCosh::from_config},
    Entry<Loss>{"log_cosh", LogCosh::from_config},
    Entry<Loss>{"logcosh", LogCosh::from_config},
    Entry<Loss>{"MeanAbsoluteError", losses::MeanAbsoluteError::from_config},
    Entry<Loss>{"mean_absolute_error", losses::MeanAbsoluteError::from_config},
    Entry<Loss>{"mae", losses::MeanAbsoluteError::from_config},
    Entry<Loss>{"MAE", losses::MeanAbsoluteError::from_config},
    Entry<Loss>{"MeanAbsolutePercentageError", MeanAbsolutePercentageError::from_config},
    Entry<Loss>{"mean_absolute_percentage_error", MeanAbsolutePercentageError::from_config},
    Entry<Loss>{"mape", MeanAbsolutePercentageError::from_config},
    Entry<Loss>{"MAPE", MeanAbsolutePercentageError::from_config},
    Entry<Loss>{"MeanSquaredError", MeanSquaredError::from_config},
    Entry<Loss>{"mean_squared_error", MeanSquaredError::from_config},
    Entry<Loss>{"mse", MeanSquaredError::from_config},
    Entry<Loss>{"MSE", MeanSquaredError::from_config},
    Entry<Loss>{"MeanSquaredLogarithmicError", MeanSquaredLogarithmicError::from_config},
    Entry<Loss>{"mean_squared_logarithmic_error", MeanSquaredLogarithmicError::from_config},
    Entry<Loss>{"msle", MeanSquaredLogarithmicError::from_config},
    Entry<Loss>{"MSLE", MeanSquaredLogarithmicError::from_config},
    Entry<Loss>{"Poisson", Poisson::from_config},
    Entry<Loss>{"poisson", Poisson::from_config},
    Entry<Loss>{"SparseCategoricalCrossentropy", SparseCategoricalCrossentropy::from_config},
    Entry<Loss>{"sparse_categorical_crossentropy", SparseCategoricalCrossentropy::from_config},
    Entry<Loss>{"SquaredHinge", SquaredHinge::from_config},
    Entry<Loss>{"squared_hinge", SquaredHinge::from_config},
};

constexpr std::array all_metrics = {
    Entry<Metric>{"Accuracy", Accuracy::from_config},
    Entry<Metric>{"accuracy", Accuracy::from_config},
    Entry<Metric>{"acc", Accuracy::from_config},
    Entry<Metric>{"AUC", AUC::from_config},
    Entry<Metric>{"auc", AUC::from_config},
    Entry<Metric>{"BinaryAccuracy", BinaryAccuracy::from_config},
    Entry<Metric>{"binary_accuracy", BinaryAccuracy::from_config},
    Entry<Metric>{"CategoricalAccuracy", CategoricalAccuracy::from_config},
    Entry<Metric>{"categorical_accuracy", CategoricalAccuracy::from_config},
    Entry<Metric>{"MeanAbsoluteError", MeanAbsoluteError::from_config},
    Entry<Metric>{"mean_absolute_error", MeanAbsoluteError::from_config},
    Entry<Metric>{"mae", MeanAbsoluteError::from_config},
    Entry<Metric>{"MAE", MeanAbsoluteError::from_config},
    Entry<Metric>{"MeanSquaredError", metrics::MeanSquaredError::from_config},
    Entry<Metric>{"mean_squared_error", metrics::MeanSquaredError::from_config},
    Entry<Metric>{"mse", metrics::MeanSquaredError::from_config},
    Entry<Metric>{"MSE", metrics::MeanSquaredError::from_config},
    Entry<Metric>{"Precision", Precision::from_config},
    Entry<Metric>{"precision", Precision::from_config},
    Entry<Metric>{"Recall", Recall::from_config},
    Entry<Metric>{"recall", Recall::from_config},
    Entry<Metric>{"RootMeanSquaredError", RootMeanSquaredError::from_config},
    Entry<Metric>{"root_mean_squared_error", RootMeanSquaredError::from_config},
    Entry<Metric>{"SparseCategoricalAccuracy", SparseCategoricalAccuracy::from_config},
    Entry<Metric>{"sparse_categorical_accuracy", SparseCategoricalAccuracy::from_config},
    Entry<Metric>{"SparseTopKCategoricalAccuracy", SparseTopKCategoricalAccuracy::from_config},
    Entry<Metric>{"sparse_top_k_categorical_accuracy", SparseTopKCategoricalAccuracy::from_config},
    Entry<Metric>{"TopKCategoricalAccuracy", TopKCategoricalAccuracy::from_config},
    Entry<Metric>{"top_k_categorical_accuracy", TopKCategoricalAccuracy::from_config},
};

// Strings that Keras knows and minnow does not: no slip of the pen, so they get another answer.
constexpr std::array<std::string_view, 8> other_optimizers = {
    "adadelta", "adafactor", "adamax", "ftrl", "lamb", "lion", "muon", "schedulefreeadamw"};
constexpr std::array<std::string_view, 7> other_losses = {
    "categorical_focal_crossentropy", "circle", "cosine_similarity", "ctc", "dice",
    "binary_focal_crossentropy",      "tversky"};
constexpr std::array<std::string_view, 32> other_metrics = {"binary_crossentropy",
                                                            "binary_io_u",
                                                            "categorical_crossentropy",
                                                            "categorical_hinge",
                                                            "concordance_correlation",
                                                            "cosine_similarity",
                                                            "f1_score",
                                                            "f_beta_score",
                                                            "false_negatives",
                                                            "false_positives",
                                                            "hinge",
                                                            "io_u",
                                                            "kl_divergence",
                                                            "log_cosh_error",
                                                            "mape",
                                                            "mean_absolute_percentage_error",
                                                            "mean_io_u",
                                                            "mean_squared_logarithmic_error",
                                                            "msle",
                                                            "one_hot_io_u",
                                                            "one_hot_mean_io_u",
                                                            "pearson_correlation",
                                                            "poisson",
                                                            "precision_at_recall",
                                                            "r2_score",
                                                            "recall_at_precision",
                                                            "sensitivity_at_specificity",
                                                            "sparse_categorical_crossentropy",
                                                            "specificity_at_sensitivity",
                                                            "squared_hinge",
                                                            "true_negatives",
                                                            "true_positives"};

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
  throw Unimplemented(
      where, fmt::format("this {} is not supported. Supported: {}.", what, joined(supported)));
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
                                               name, joined(known)));
  }
  throw InvalidArgument({"compile", argument,
                         fmt::format("the name of {} {}", what == "optimizer" ? "an" : "a", what),
                         fmt::format("'{}'", name), suggest_name(name, known)});
}

}  // namespace

Layer make_layer(std::string_view class_name, const Config& config) {
  const std::span<const Entry<Layer>> table = all_layers;
  if (const auto* entry = find(table, class_name)) return entry->make(config);
  const Config& name = config["name"];
  class_not_supported(name.is_string() ? fmt::format("{} '{}'", class_name, name.string())
                                       : std::string(class_name),
                      "layer", names_in(table, false));
}

Optimizer make_optimizer(std::string_view name, const Config& config) {
  return make_compiled<Optimizer>(all_optimizers, other_optimizers, "optimizer", "optimizer", name,
                                  config);
}

LearningRateSchedule make_schedule(std::string_view class_name, const Config& config) {
  const std::span<const Entry<LearningRateSchedule>> table = all_schedules;
  if (const auto* entry = find(table, class_name)) return entry->make(config);
  class_not_supported(class_name, "schedule", names_in(table, false));
}

Loss make_loss(std::string_view name, const Config& config) {
  return make_compiled<Loss>(all_losses, other_losses, "loss", "loss", name, config);
}

Metric make_metric(std::string_view name, const Config& config) {
  return make_compiled<Metric>(all_metrics, other_metrics, "metric", "metrics", name, config);
}

std::vector<std::string_view> known_layers() { return names_in<Layer>(all_layers, false); }
std::vector<std::string_view> known_optimizers() {
  return names_in<Optimizer>(all_optimizers, false);
}
std::vector<std::string_view> known_losses() { return names_in<Loss>(all_losses, false); }
std::vector<std::string_view> known_metrics() { return names_in<Metric>(all_metrics, false); }

}  // namespace minnow
