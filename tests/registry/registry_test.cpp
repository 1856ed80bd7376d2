// From Keras's names to objects.
#include "core/graph/registry.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/graph/symbol.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

TEST(MakeLayer, KnowsInputs) {
  const Layer input = make_layer(
      "InputLayer", Config::object({{"batch_shape", Config::List{{}, 28, 28}}, {"name", "in"}}));
  ASSERT_NE(as_input(input), nullptr);
  EXPECT_EQ(as_input(input)->shape(), (Shape{28, 28}));
  EXPECT_EQ(input.name(), "in");
}

TEST(MakeLayer, RefusesOtherClasses) {
  const std::string supported =
      "Supported: Activation, Add, Average, AveragePooling2D, BatchNormalization, Concatenate, "
      "Conv2D, Dense, DepthwiseConv2D, Dropout, ELU, Flatten, GaussianNoise, "
      "GlobalAveragePooling2D, GlobalMaxPooling2D, InputLayer, LayerNormalization, LeakyReLU, "
      "MaxPooling2D, Maximum, Minimum, Multiply, Normalization, PReLU, Permute, ReLU, Rescaling, "
      "Reshape, Softmax, SpatialDropout2D, Subtract, UpSampling2D, ZeroPadding2D.";
  expect_error<Unimplemented>(
      [] {
        make_layer("LSTM", Config::object({{"name", "lstm_1"}, {"units", 4}}));
      },
      "[LSTM 'lstm_1'] this layer is not supported. " + supported);
  expect_error<Unimplemented>([] { make_layer("GRU", {}); },
                              "[GRU] this layer is not supported. " + supported);
}

TEST(MakeOptimizer, KnowsClassesAndStrings) {
  EXPECT_EQ(Optimizer("adam")->class_name(), "Adam");
  EXPECT_EQ(Optimizer("Adam")->class_name(), "Adam");
  EXPECT_EQ(Optimizer("sgd")->class_name(), "SGD");
  EXPECT_EQ(Optimizer("adamw")->class_name(), "AdamW");
  EXPECT_EQ(Optimizer("rmsprop")->class_name(), "RMSprop");
  EXPECT_EQ(Optimizer("adagrad")->class_name(), "Adagrad");
  EXPECT_EQ(Optimizer("nadam")->class_name(), "Nadam");
  EXPECT_EQ(make_optimizer("SGD", Config::object({{"momentum", 0.5}}))->config()["momentum"],
            Config(0.5));
}

TEST(MakeOptimizer, RefusesOthers) {
  expect_error<InvalidArgument>(
      [] { Optimizer("adm"); },
      "[compile] optimizer: expected the name of an optimizer, got 'adm'. Did you mean 'adam'? "
      "Known: adagrad, adam, adamw, nadam, rmsprop, sgd.");
  expect_error<InvalidArgument>(
      [] { Optimizer(""); },
      "[compile] optimizer: expected the name of an optimizer, got ''. Known: adagrad, adam, "
      "adamw, nadam, rmsprop, sgd.");
  for (const auto name : {"adadelta", "Adadelta"}) {
    expect_error<Unimplemented>(
        [&] { make_optimizer(name, {}); },
        fmt::format("[compile] optimizer '{}' is not supported. Supported: adagrad, adam, adamw, "
                    "nadam, rmsprop, sgd.",
                    name));
  }
  expect_error<Unimplemented>(
      [] {
        make_optimizer("Lion", Config::object({{"beta_1", 0.9}}));
      },
      "[Lion] this optimizer is not supported. Supported: Adagrad, Adam, AdamW, Nadam, RMSprop, "
      "SGD.");
}

TEST(MakeLoss, KnowsClassesStringsAndAliases) {
  for (const auto name : {"mse", "MSE", "mean_squared_error", "MeanSquaredError"}) {
    EXPECT_EQ(Loss(name)->class_name(), "MeanSquaredError") << name;
  }
  for (const auto name : {"bce", "BCE", "binary_crossentropy", "BinaryCrossentropy"}) {
    EXPECT_EQ(Loss(name)->class_name(), "BinaryCrossentropy") << name;
  }
  for (const auto name : {"categorical_crossentropy", "CategoricalCrossentropy"}) {
    EXPECT_EQ(Loss(name)->class_name(), "CategoricalCrossentropy") << name;
  }
  for (const auto name : {"sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"}) {
    EXPECT_EQ(Loss(name)->class_name(), "SparseCategoricalCrossentropy") << name;
  }
  EXPECT_TRUE(
      make_loss("BinaryCrossentropy", Config::object({{"from_logits", true}}))->from_logits());
}

TEST(MakeLoss, KnowsEveryNameOfKerasOnes) {
  const std::vector<std::pair<const char*, const char*>> names = {
      {"categorical_hinge", "CategoricalHinge"},
      {"hinge", "Hinge"},
      {"huber", "Huber"},
      {"kl_divergence", "KLDivergence"},
      {"kld", "KLDivergence"},
      {"KLD", "KLDivergence"},
      {"log_cosh", "LogCosh"},
      {"logcosh", "LogCosh"},
      {"mean_absolute_error", "MeanAbsoluteError"},
      {"mae", "MeanAbsoluteError"},
      {"mean_absolute_percentage_error", "MeanAbsolutePercentageError"},
      {"MAPE", "MeanAbsolutePercentageError"},
      {"mean_squared_logarithmic_error", "MeanSquaredLogarithmicError"},
      {"msle", "MeanSquaredLogarithmicError"},
      {"poisson", "Poisson"},
      {"squared_hinge", "SquaredHinge"}};
  for (const auto& [name, class_name] : names) {
    EXPECT_EQ(Loss(name)->class_name(), class_name) << name;
  }
}

TEST(MakeLoss, RefusesOthers) {
  const std::string known =
      "binary_crossentropy, bce, categorical_crossentropy, categorical_hinge, hinge, huber, "
      "kl_divergence, kld, log_cosh, logcosh, mean_absolute_error, mae, "
      "mean_absolute_percentage_error, mape, mean_squared_error, mse, "
      "mean_squared_logarithmic_error, msle, poisson, sparse_categorical_crossentropy, "
      "squared_hinge.";
  expect_error<InvalidArgument>(
      [] { Loss("sparse_categorical_crossentropi"); },
      "[compile] loss: expected the name of a loss, got 'sparse_categorical_crossentropi'. Did you "
      "mean 'sparse_categorical_crossentropy'? Known: " +
          known);
  expect_error<Unimplemented>([] { Loss("dice"); },
                              "[compile] loss 'dice' is not supported. Supported: " + known);
  expect_error<Unimplemented>(
      [] { Loss("CosineSimilarity"); },
      "[compile] loss 'CosineSimilarity' is not supported. Supported: " + known);
  expect_error<Unimplemented>(
      [] {
        make_loss("Tversky", Config::object({{"alpha", 1.0}}));
      },
      "[Tversky] this loss is not supported. Supported: BinaryCrossentropy, BCE, "
      "CategoricalCrossentropy, CategoricalHinge, Hinge, Huber, KLDivergence, KLD, LogCosh, "
      "MeanAbsoluteError, MAE, MeanAbsolutePercentageError, MAPE, MeanSquaredError, MSE, "
      "MeanSquaredLogarithmicError, MSLE, Poisson, SparseCategoricalCrossentropy, SquaredHinge.");
}

TEST(MakeMetric, KnowsClassesStringsAndAliases) {
  for (const auto name : {"accuracy", "acc", "Accuracy"}) {
    const Metric metric(name);
    EXPECT_EQ(metric->class_name(), "Accuracy");
    EXPECT_EQ(metric.key(), name);
  }
  for (const auto name : {"mae", "MAE", "mean_absolute_error", "MeanAbsoluteError"}) {
    EXPECT_EQ(Metric(name)->class_name(), "MeanAbsoluteError") << name;
  }
  EXPECT_EQ(Metric("binary_accuracy")->class_name(), "BinaryAccuracy");
  EXPECT_EQ(Metric("categorical_accuracy")->class_name(), "CategoricalAccuracy");
  EXPECT_EQ(Metric("sparse_categorical_accuracy")->class_name(), "SparseCategoricalAccuracy");
  EXPECT_EQ(make_metric("BinaryAccuracy", Config::object({{"name", "hits"}})).key(), "hits");
}

TEST(MakeMetric, KnowsEveryNameOfKerasOnes) {
  const std::vector<std::pair<const char*, const char*>> names = {
      {"auc", "AUC"},
      {"mse", "MeanSquaredError"},
      {"MSE", "MeanSquaredError"},
      {"mean_squared_error", "MeanSquaredError"},
      {"precision", "Precision"},
      {"recall", "Recall"},
      {"root_mean_squared_error", "RootMeanSquaredError"},
      {"sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy"},
      {"top_k_categorical_accuracy", "TopKCategoricalAccuracy"}};
  for (const auto& [name, class_name] : names) {
    EXPECT_EQ(Metric(name)->class_name(), class_name) << name;
    EXPECT_EQ(Metric(name).key(), name);
  }
}

TEST(MakeMetric, RefusesOthers) {
  const std::string known =
      "accuracy, acc, auc, binary_accuracy, categorical_accuracy, mean_absolute_error, mae, "
      "mean_squared_error, mse, precision, recall, root_mean_squared_error, "
      "sparse_categorical_accuracy, sparse_top_k_categorical_accuracy, top_k_categorical_accuracy.";
  expect_error<InvalidArgument>([] { Metric("acuracy"); },
                                "[compile] metrics: expected the name of a metric, got 'acuracy'. "
                                "Did you mean 'accuracy'? Known: " +
                                    known);
  expect_error<Unimplemented>([] { Metric("f1_score"); },
                              "[compile] metric 'f1_score' is not supported. Supported: " + known);
}

}  // namespace
}  // namespace minnow
