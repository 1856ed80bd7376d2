// From Keras's names to objects.
#include "core/graph/registry.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

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
  expect_error<Unimplemented>(
      [] {
        make_layer("LSTM", Config::object({{"name", "lstm_1"}, {"units", 4}}));
      },
      "[LSTM 'lstm_1'] this layer is not supported. Supported: Activation, AveragePooling2D, "
      "Conv2D, Dense, Dropout, Flatten, InputLayer, MaxPooling2D, ReLU, Reshape, Softmax.");
  expect_error<Unimplemented>(
      [] { make_layer("BatchNormalization", {}); },
      "[BatchNormalization] this layer is not supported. Supported: Activation, "
      "AveragePooling2D, Conv2D, Dense, Dropout, Flatten, InputLayer, MaxPooling2D, ReLU, Reshape, "
      "Softmax.");
}

TEST(MakeOptimizer, KnowsClassesAndStrings) {
  EXPECT_EQ(Optimizer("adam")->class_name(), "Adam");
  EXPECT_EQ(Optimizer("Adam")->class_name(), "Adam");
  EXPECT_EQ(Optimizer("sgd")->class_name(), "SGD");
  EXPECT_EQ(make_optimizer("SGD", Config::object({{"momentum", 0.5}}))->config()["momentum"],
            Config(0.5));
}

TEST(MakeOptimizer, RefusesOthers) {
  expect_error<InvalidArgument>(
      [] { Optimizer("adm"); },
      "[compile] optimizer: expected the name of an optimizer, got 'adm'. Did you mean 'adam'? "
      "Known: adam, sgd.");
  expect_error<InvalidArgument>(
      [] { Optimizer(""); },
      "[compile] optimizer: expected the name of an optimizer, got ''. Known: adam, sgd.");
  for (const auto name : {"rmsprop", "RMSprop"}) {
    expect_error<Unimplemented>(
        [&] { make_optimizer(name, {}); },
        fmt::format("[compile] optimizer '{}' is not supported. Supported: adam, sgd.", name));
  }
  expect_error<Unimplemented>(
      [] {
        make_optimizer("RMSprop", Config::object({{"rho", 0.9}}));
      },
      "[RMSprop] this optimizer is not supported. Supported: Adam, SGD.");
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

TEST(MakeLoss, RefusesOthers) {
  const std::string known =
      "binary_crossentropy, bce, categorical_crossentropy, mean_squared_error, mse, "
      "sparse_categorical_crossentropy.";
  expect_error<InvalidArgument>(
      [] { Loss("sparse_categorical_crossentropi"); },
      "[compile] loss: expected the name of a loss, got 'sparse_categorical_crossentropi'. Did you "
      "mean 'sparse_categorical_crossentropy'? Known: " +
          known);
  expect_error<Unimplemented>([] { Loss("huber"); },
                              "[compile] loss 'huber' is not supported. Supported: " + known);
  expect_error<Unimplemented>(
      [] { Loss("KLDivergence"); },
      "[compile] loss 'KLDivergence' is not supported. Supported: " + known);
  expect_error<Unimplemented>(
      [] {
        make_loss("Huber", Config::object({{"delta", 1.0}}));
      },
      "[Huber] this loss is not supported. Supported: BinaryCrossentropy, BCE, "
      "CategoricalCrossentropy, MeanSquaredError, MSE, SparseCategoricalCrossentropy.");
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

TEST(MakeMetric, RefusesOthers) {
  const std::string known =
      "accuracy, acc, binary_accuracy, categorical_accuracy, mean_absolute_error, mae, "
      "sparse_categorical_accuracy.";
  expect_error<InvalidArgument>([] { Metric("acuracy"); },
                                "[compile] metrics: expected the name of a metric, got 'acuracy'. "
                                "Did you mean 'accuracy'? Known: " +
                                    known);
  expect_error<Unimplemented>([] { Metric("auc"); },
                              "[compile] metric 'auc' is not supported. Supported: " + known);
}

}  // namespace
}  // namespace minnow
