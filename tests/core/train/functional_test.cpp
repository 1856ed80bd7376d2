// Graphs other than chains: branches, shared layers, several inputs and outputs.
#include <gtest/gtest.h>

#include <vector>

#include "core/random.h"
#include "core/train/model.h"
#include "layers/activation.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "layers/relu.h"
#include "tests/core/train/gradients.h"
#include "tests/expect_error.h"
#include "tests/support/plus_layer.h"

namespace minnow {
namespace {

using testing::check_gradients;
using testing::Pairs;
using testing::plain;

TEST(Functional, ABranchThatJoinsAgain) {
  const Pairs data;
  const Input x({4});
  const Symbol a = Dense(3, {.activation = "tanh"})(x);
  const Symbol b = Dense(3, {.activation = "tanh"})(a);
  const Symbol c = Dense(3, {.activation = "gelu"})(a);
  Model model(x, Plus()({a, b, c}));
  model.compile(plain);
  check_gradients(model, data.x, data.y);
}

TEST(Functional, TheSameSymbolTwiceInOneLayer) {
  const Pairs data;
  const Input x({4});
  const Symbol a = Dense(3)(x);
  Model model(x, Plus()({a, a}));
  model.compile(plain);
  check_gradients(model, data.x, data.y);
}

TEST(Functional, ViewsAndActivationsOnAForkedSymbol) {
  const Pairs data;
  const Input x({4});
  const Symbol a = Dense(3)(x);
  const Symbol left = Activation("tanh")(a), right = Activation("softplus")(Flatten()(a));
  Model model(x, Plus()({left, right, a}));
  model.compile(plain);
  check_gradients(model, data.x, data.y);
}

TEST(Functional, ASharedLayerSharesItsWeights) {
  const Pairs data;
  const Input x({4});
  const Dense wide(4, {.activation = "tanh"});
  Model model(x, Dense(3)(wide(wide(x))));
  model.compile(plain);
  EXPECT_EQ(model.get_weights().size(), 4U);
  check_gradients(model, data.x, data.y);
}

TEST(Functional, SeveralInputsAndOutputs) {
  const Pairs data;
  const Input left({4}, {.name = "left"}), right({2}, {.name = "right"});
  const Symbol sum = Plus()({Dense(3, {.name = "l"})(left), Dense(3, {.name = "r"})(right)});
  const Symbol first = Dense(3, {.name = "first"})(sum);
  const Symbol second = Dense(1, {.activation = "sigmoid", .name = "second"})(sum);
  Model model({left, right}, {first, second});
  CompileOptions options = plain;
  options.loss = {"mse", "binary_crossentropy"};
  options.loss_weights = {0.5F, 2};
  options.metrics = {"accuracy"};
  model.compile(options);
  Rng rng(9);
  const Tensor x2 = normal({6, 2}, rng), y2 = randint(0, 2, {6}, rng);
  check_gradients(model, {data.x, x2}, {data.y, y2});

  const Logs logs = model.evaluate({data.x, x2}, {data.y, y2});
  std::vector<std::string> names;
  for (const auto& [key, value] : logs) names.push_back(key);
  EXPECT_EQ(names, (std::vector<std::string>{"first_accuracy", "first_loss", "loss",
                                             "second_accuracy", "second_loss"}));
  EXPECT_NEAR(logs["loss"], 0.5 * logs["first_loss"] + 2 * logs["second_loss"], 1e-6);
  const std::vector<Tensor> outputs = model.predict_all({data.x, x2});
  EXPECT_EQ(outputs[0].shape(), Shape({6, 3}));
  EXPECT_EQ(outputs[1].shape(), Shape({6, 1}));
  expect_error<FailedPrecondition>(
      [&] {
        model.predict({data.x, x2});
      },
      "[predict] expected a model with one output, but it has 2. Use predict_all.");
  expect_error<InvalidArgument>(
      [&] {
        model.fit(data.x, {data.y, y2});
      },
      "[fit] x: expected 2 tensors, one for each Input, got 1.");
  expect_error<InvalidArgument>(
      [&] {
        model.fit({data.x, x2}, data.y);
      },
      "[fit] y: expected 2 tensors, one for each output, got 1.");
  expect_error<InvalidArgument>(
      [&] {
        model.fit({data.x, x2.slice_rows(0, 5)}, {data.y, y2});
      },
      "[fit] x[1]: expected 6 rows, as x[0] has, got 5.");
}

// Three outputs: 'a' of 3 numbers, 'b' of one, 'c' of 3 classes.
struct ThreeEnded {
  Pairs data;
  Rng rng{9};
  Tensor b = randint(0, 2, {6}, rng), c = randint(0, 3, {6}, rng);
  Model model = make();

  static Model make() {
    const Input x({4});
    return {x,
            {Dense(3, {.name = "a"})(x), Dense(1, {.activation = "sigmoid", .name = "b"})(x),
             Dense(3, {.activation = "softmax", .name = "c"})(x)}};
  }
  std::vector<std::string> keys() {
    std::vector<std::string> names;
    for (const auto& [key, value] : model.evaluate(data.x, {data.y, b, c})) names.push_back(key);
    return names;
  }
};

const std::vector<Loss> three_losses = {"mse", "binary_crossentropy",
                                        "sparse_categorical_crossentropy"};
using Keys = std::vector<std::string>;

TEST(Outputs, TakeLossesAndWeightsByName) {
  ThreeEnded t;
  t.model.compile({.loss = {{"c", three_losses[2]}, {"a", three_losses[0]}, {"b", three_losses[1]}},
                   .loss_weights = {{"b", 2}, {"c", 4}, {"a", 0.5F}}});
  const Logs logs = t.model.evaluate(t.data.x, {t.data.y, t.b, t.c});
  EXPECT_EQ(t.keys(), (Keys{"a_loss", "b_loss", "c_loss", "loss"}));
  EXPECT_NEAR(logs["loss"], 0.5 * logs["a_loss"] + 2 * logs["b_loss"] + 4 * logs["c_loss"], 1e-6);
  t.model.compile({.loss = three_losses, .loss_weights = {0.5F, 2, 4}});
  EXPECT_EQ(t.model.evaluate(t.data.x, {t.data.y, t.b, t.c}), logs);
}

TEST(Outputs, TakeMetricsByNameOrInLists) {
  ThreeEnded t;
  t.model.compile({.loss = three_losses,
                   .metrics = Metrics::NamedLists{{"b", {"accuracy", "auc"}}, {"a", {"mae"}}},
                   .weighted_metrics = Metrics::Lists{{"mae", "mse"}, {}, {"accuracy"}}});
  EXPECT_EQ(t.keys(), (Keys{"a_loss", "a_mae", "a_mse", "a_weighted_mae", "b_accuracy", "b_auc",
                            "b_loss", "c_accuracy", "c_loss", "loss"}));
}

TEST(Outputs, AListAsLongAsTheyAreManyHasOneForEach) {
  ThreeEnded t;
  t.model.compile({.loss = three_losses, .metrics = {"mae", "auc", "accuracy"}});
  EXPECT_EQ(t.keys(), (Keys{"a_loss", "a_mae", "b_auc", "b_loss", "c_accuracy", "c_loss", "loss"}));
  t.model.compile({.loss = three_losses, .metrics = {"accuracy"}});
  EXPECT_EQ(t.keys(),
            (Keys{"a_accuracy", "a_loss", "b_accuracy", "b_loss", "c_accuracy", "c_loss", "loss"}));
}

TEST(Outputs, MetricsOfOneNameAreNumbered) {
  const Pairs data;
  const Input x({4});
  Model model(x, Dense(3)(x));
  model.compile(
      {.loss = "mse", .metrics = {"mae", "mae", "mae"}, .weighted_metrics = {"mae", "mae", "mse"}});
  std::vector<std::string> names;
  for (const auto& [key, value] : model.evaluate(data.x, data.y)) names.push_back(key);
  EXPECT_EQ(names,
            (Keys{"loss", "mae", "mae_1", "mae_2", "mse", "weighted_mae", "weighted_mae_1"}));
}

TEST(Outputs, SettingsThatDoNotGoWithThem) {
  ThreeEnded t;
  const auto refuses = [&](CompileOptions options, std::string_view message) {
    expect_error<InvalidArgument>([&] { t.model.compile(std::move(options)); }, message);
  };
  refuses({.loss = {"mse", "mse"}},
          "[compile] loss: expected one for all or one for each of 3 outputs, got 2.");
  refuses({.loss = {{"a", "mse"}, {"b", "mse"}}},
          "[compile] loss: expected one under the name of every output, got 0 for 'c'.");
  refuses({.loss = {{"a", "mse"}, {"b", "mse"}, {"d", "mse"}}},
          "[compile] loss: expected names of outputs, got 'd'. Known: a, b, c.");
  refuses({.loss = three_losses, .loss_weights = {1, 2}},
          "[compile] loss_weights: expected one for each of 3 outputs, got 2.");
  refuses({.loss = three_losses, .loss_weights = {{"a", 1}, {"a", 1}, {"b", 1}}},
          "[compile] loss_weights: expected one under the name of every output, got 2 for 'a'.");
  refuses({.loss = three_losses, .metrics = Metrics::Lists{{"mae"}, {}}},
          "[compile] metrics: expected a list for each of 3 outputs, got 2.");
  refuses({.loss = three_losses, .weighted_metrics = Metrics::NamedLists{{"e", {"mae"}}}},
          "[compile] weighted_metrics: expected names of outputs, got 'e'. Known: a, b, c.");
}

TEST(Functional, AnOutputThatIsAlsoReadByOthers) {
  const Pairs data;
  const Input x({4});
  const Symbol a = Dense(3, {.activation = "softmax"})(x);
  const Symbol b = Dense(3, {.activation = "softmax"})(a);
  Model model(x, {a, b});
  CompileOptions options = plain;
  options.loss = "categorical_crossentropy";
  model.compile(options);
  Tensor targets({6, 3});
  for (std::int64_t i = 0; i < 6; ++i) {
    targets.mutable_values<float>()[static_cast<std::size_t>(3 * i + i % 3)] = 1;
  }
  check_gradients(model, data.x, {targets, targets});
}

TEST(Functional, GraphsThatCannotBe) {
  const Input x({4}), y({4}, {.name = "other"});
  expect_error<InvalidArgument>(
      [&] {
        Model(x, Plus()({Dense(3)(x), Dense(3)(y)}));
      },
      "[Model] inputs: expected every Input that the outputs depend on, got "
      "none for Input 'other' of shape (N, 4).");
  expect_error<InvalidArgument>(
      [&] {
        Model({x, y}, Dense(3)(x));
      },
      "[Model] inputs: expected inputs that the outputs depend on, got "
      "Input 'other', which leads nowhere.");
  expect_error<InvalidArgument>(
      [&] { Model(Dense(3)(x), Dense(3)(x)); },
      "[Model] inputs: expected Input symbols, got the output of a Dense.");
  expect_error<InvalidArgument>(
      [&] {
        Model(x, Plus("sum")({Dense(3, {.name = "a"})(x), Dense(2, {.name = "b"})(x)}));
      },
      "[Plus 'sum'] input: expected (N, 3), got (N, 2) from Dense 'b'.");
  const Dense shared(3, {.name = "shared"});
  expect_error<InvalidArgument>([&] { Model(x, shared(shared(x))); },
                                "[Dense 'shared'] input: expected (N, 4) as at its other use, "
                                "which shares these weights, got "
                                "(N, 3) from Dense 'shared'.");
}

TEST(Functional, NamesAreGivenInOrder) {
  const Input x({4});
  Model model(x, Dense(2)(Dense(3, {.name = "dense"})(Dense(4)(x))));
  std::vector<std::string> names;
  for (const NamedTensor& w : model.named_weights()) names.push_back(w.name);
  EXPECT_EQ(names, (std::vector<std::string>{"dense_1/kernel", "dense_1/bias", "dense/kernel",
                                             "dense/bias", "dense_2/kernel", "dense_2/bias"}));
}

TEST(SnakeCase, IsKerasNaming) {
  EXPECT_EQ(snake_case("Conv2D"), "conv2d");
  EXPECT_EQ(snake_case("MaxPooling2D"), "max_pooling2d");
  EXPECT_EQ(snake_case("ReLU"), "re_lu");
  EXPECT_EQ(snake_case("PReLU"), "p_re_lu");
  EXPECT_EQ(snake_case("ELU"), "elu");
  EXPECT_EQ(snake_case("InputLayer"), "input_layer");
  EXPECT_EQ(snake_case("GlobalAveragePooling2D"), "global_average_pooling2d");
}

}  // namespace
}  // namespace minnow
