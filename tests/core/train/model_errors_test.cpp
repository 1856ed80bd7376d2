// The rows of the table of errors that tell of the model, its options and its training.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/graph/activation_arg.h"
#include "layers/batch_normalization.h"
#include "losses/binary_crossentropy.h"
#include "losses/sparse_categorical_crossentropy.h"
#include "tests/core/train/error_table.h"

namespace minnow {
namespace {

TEST_F(ErrorTable, Diverged) {
  // The loss, in double, is finite still; the gradient is not.
  Sequential model({Input({1}), Dense(1, {.kernel_initializer = "ones", .name = "first"}),
                    Dense(1, {.kernel_initializer = "ones", .name = "second"})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor x = full({4, 1}, 3e30), y = zeros({4, 1});
  const Bits before(model);
  try {
    model.fit(x, y, {.epochs = 2});
    FAIL() << "nothing was thrown";
  } catch (const Diverged& e) {
    EXPECT_STREQ(
        e.what(),
        "[fit] expected finite numbers, got a gradient of second/kernel that is not in "
        "epoch 1, step 1. The step made no update. Lower the learning rate, or standardise "
        "the inputs.");
    EXPECT_EQ(e.epoch(), 1);
    EXPECT_EQ(e.step(), 1);
    EXPECT_EQ(e.layer(), "second");
  }
  EXPECT_TRUE(before == Bits(model));
  EXPECT_NO_THROW(model.fit(ones({4, 1}), y));
}

TEST_F(ErrorTable, DivergedNamesTheFirstLayer) {
  Sequential model({Input({2}), Dense(1, {.kernel_initializer = "ones", .name = "sum"}),
                    Dense(1, {.kernel_initializer = "ones", .name = "out"})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Bits before(model);
  try {
    model.train_on_batch(full({4, 2}, 3e38), zeros({4, 1}));
    FAIL() << "nothing was thrown";
  } catch (const Diverged& e) {
    EXPECT_STREQ(e.what(),
                 "[train_on_batch] expected finite numbers, got loss inf in step 1, first in the "
                 "output of Dense 'sum'. The step made no update. Lower the learning rate, or "
                 "standardise the inputs.");
    EXPECT_EQ(e.layer(), "sum");
  }
  EXPECT_TRUE(before == Bits(model));
}

TEST_F(ErrorTable, WeightGradientAlone) {
  // Loss and delta are finite, but delta times input is not.
  Sequential model({Input({1}), Dense(1, {.kernel_initializer = "zeros", .name = "out"})});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Bits before(model);
  expect_error<Diverged>(
      [&] {
        model.train_on_batch(full({2, 1}, 3e38), full({2, 1}, -1e10));
      },
      "[train_on_batch] expected finite numbers, got a gradient of out/kernel that is not in step "
      "1. "
      "The step made no update. Lower the learning rate, or standardise the inputs.");
  EXPECT_TRUE(before == Bits(model));
}

// What comes back to the hidden layer is infinite; its relu's derivative, 0, would hide that.
TEST_F(ErrorTable, DeltaBehindADerivativeOfZero) {
  for (const std::int64_t features : {2, 600}) {
    Sequential model(
        {Input({1}),
         Dense(features, {.activation = "relu", .kernel_initializer = "zeros", .name = "hidden"}),
         Dense(1, {.kernel_initializer = Initializer::constant(1e30F)})});
    model.compile({.optimizer = "sgd", .loss = "mse"});
    const Bits before(model);
    expect_error<Diverged>(
        [&] {
          model.train_on_batch(ones({2, 1}), full({2, 1}, -1e20));
        },
        "[train_on_batch] expected finite numbers, got a gradient of the output of Dense 'hidden' "
        "that is not in step 1. The step made no update. Lower the learning rate, or standardise "
        "the inputs.");
    EXPECT_TRUE(before == Bits(model));
    EXPECT_NO_THROW(model.train_on_batch(ones({2, 1}), zeros({2, 1})));
  }
}

TEST_F(ErrorTable, FromLogitsTwice) {
  Sequential model = image_model();
  const std::string rest =
      " output of Dense 'dense'. The loss would apply it a second time: leave "
      "one of them out.";
  expect_error<InvalidArgument>(
      [&] { model.compile({.loss = SparseCategoricalCrossentropy({.from_logits = true})}); },
      "[compile] loss: expected SparseCategoricalCrossentropy without from_logits, or an output "
      "without activation, got from_logits = true on the softmax" +
          rest);
  EXPECT_NO_THROW(model.fit(images, labels));  // compiled as before
  Sequential single({Input({4}), Dense(1), Activation("sigmoid")});
  expect_error<InvalidArgument>(
      [&] { single.compile({.loss = BinaryCrossentropy({.from_logits = true})}); },
      "[compile] loss: expected BinaryCrossentropy without from_logits, or an output without "
      "activation, got from_logits = true on the sigmoid output of Activation 'activation'. The "
      "loss "
      "would apply it a second time: leave one of them out.");
}

TEST_F(ErrorTable, CompileOptions) {
  Sequential model = row_model();
  expect_error<InvalidArgument>([&] { model.compile({}); },
                                "[compile] loss: expected a loss, got none. For example .loss = "
                                "\"sparse_categorical_crossentropy\".");
  expect_error<InvalidArgument>(
      [&] { model.compile({.loss = "mse", .metrics = {"sparse_categorical_accuracy"}}); },
      "[compile] metrics: expected a metric on dense targets, as the loss MeanSquaredError has "
      "them, "
      "got 'sparse_categorical_accuracy'. Use accuracy or another loss.");
  expect_error<InvalidArgument>(
      [&] { model.compile({.loss = "mse", .input_scale = 0.F}); },
      "[compile] input_scale: expected a finite number other than 0, got 0.");
  EXPECT_NO_THROW(model.fit(rows, binary));
}

TEST_F(ErrorTable, FitOptions) {
  Sequential model = row_model();
  refused(model, rows, binary, "[fit] epochs: expected at least 0, got -1.", {.epochs = -1});
  refused(model, rows, binary, "[fit] batch_size: expected at least 1, got 0.", {.batch_size = 0});
  refused(model, rows, binary, "[fit] validation_split: expected a fraction in [0, 1), got 1.",
          {.validation_split = 1});
  refused(model, rows, binary, "[fit] validation_split: expected a fraction in [0, 1), got -0.5.",
          {.validation_split = -0.5});
  refused(model, rows, binary, "[fit] initial_epoch: expected at least 0, got -2.",
          {.initial_epoch = -2});
  refused(model, rows, binary, "[fit] callbacks: expected callbacks, got a null pointer.",
          {.callbacks = {nullptr}});
  expect_error<InvalidArgument>([&] { model.predict(rows, {.batch_size = 0}); },
                                "[predict] batch_size: expected at least 1, got 0.");
  expect_error<InvalidArgument>([&] { model.evaluate(rows, binary, {.batch_size = -3}); },
                                "[evaluate] batch_size: expected at least 1, got -3.");
}

TEST_F(ErrorTable, WrongMoment) {
  Sequential model({Input({10}), Dense(1)});
  expect_error<FailedPrecondition>([&] { model.fit(rows, binary); },
                                   "[fit] expected a compiled model. Call compile before.");
  expect_error<FailedPrecondition>([&] { model.evaluate(rows, binary); },
                                   "[evaluate] expected a compiled model. Call compile before.");
  EXPECT_EQ(model.predict(rows).shape(), Shape({10, 1}));

  model.compile({.loss = "mse"});
  struct Nested : Callback {
    std::function<void()> call;
    void on_batch_end(FitContext&, std::int64_t, const Logs&) override { call(); }
  } nested;
  nested.call = [&] { model.fit(rows, binary); };
  expect_error<FailedPrecondition>(
      [&] { model.fit(rows, binary, {.callbacks = {&nested}}); },
      "[fit] expected a model that is not in training, but fit is running. Call it after fit has "
      "returned.");
  EXPECT_EQ(model.step(), 1);  // the last finished step stays
  nested.call = [&] { model.compile({.loss = "mse"}); };
  EXPECT_THROW(model.fit(rows, binary, {.callbacks = {&nested}}), FailedPrecondition);
  nested.call = [&] {
    model.evaluate(rows, binary, {.batch_size = 7});
    model.predict(rows, {.batch_size = 3});
  };
  EXPECT_NO_THROW(model.fit(rows, binary, {.batch_size = 4, .callbacks = {&nested}}));

  Sequential open({Dense(1)});
  expect_error<FailedPrecondition>([&] { open.get_weights(); },
                                   "[get_weights] expected a model that is built, got a Sequential "
                                   "without Input that has seen no "
                                   "data. Put an Input in front, or call build().");
}

TEST_F(ErrorTable, SetWeights) {
  Sequential model({Input({3}), Dense(2)});
  std::vector<Tensor> weights = model.get_weights();
  const Bits before(model);
  const auto refused_with = [&](const std::string& message) {
    expect_error<InvalidArgument>([&] { model.set_weights(weights); }, message);
    EXPECT_TRUE(before == Bits(model));
  };
  weights[1] = zeros({3});
  refused_with("[set_weights] dense/bias: expected shape (2,), got (3,).");
  weights[1] = zeros({2}, DType::float64);
  refused_with(
      "[set_weights] dense/bias: expected dtype float32, got float64. Convert it with "
      "astype(float32).");
  weights[1] = tensor({0, INFINITY});
  refused_with("[set_weights] dense/bias: expected finite values, got inf at row 1.");
  weights.pop_back();
  refused_with("[set_weights] weights: expected 2 tensors, got 1.");
}

TEST_F(ErrorTable, LayersThatDoNotFit) {
  expect_error<InvalidArgument>(
      [] {
        Sequential({Input({4, 4, 8}), Conv2D(2, 5)});
      },
      "[Conv2D 'conv2d'] input: expected at least (5, 5) for a valid kernel of that size, got (N, "
      "4, "
      "4, 8) from Input 'input_layer'. Use padding same or a smaller kernel.");
  expect_error<InvalidArgument>(
      [] {
        Sequential({Input({4}), Dense(3, {.name = "one"}), Conv2D(2, 3, {.name = "two"})});
      },
      "[Conv2D 'two'] input: expected rank 4 (N, height, width, channels), got (N, 3) from Dense "
      "'one'.");
  expect_error<InvalidArgument>(
      [] {
        Sequential({Input({4}), Dense(3, {.name = "a"}), Dense(3, {.name = "a"})});
      },
      "[Model] expected a name of its own for every layer, got 'a' for a Dense and a Dense.");
  expect_error<InvalidArgument>(
      [] { Dense(3, {.activation = "rellu"}); },
      fmt::format("[activation] expected the name of an activation, got 'rellu'. Did you mean "
                  "'relu'? Known: {}.",
                  fmt::join(activation_names(), ", ")));
}

TEST_F(ErrorTable, SizesBeyondMemory) {
  expect_error<InvalidArgument>(
      [] {
        Shape({1LL << 40, 1LL << 40});
      },
      "[Shape] expected a number of elements that fits in 63 bits, got "
      "(1099511627776, 1099511627776).");
  EXPECT_THROW(Tensor({1LL << 40, 1LL << 10}), ResourceExhausted);
  EXPECT_THROW(Sequential({Input({1LL << 30}), Dense(1LL << 30)}), ResourceExhausted);
  // Whose rows depend on one another, so that slices of a batch will not do.
  Sequential model({Input({1000}), BatchNormalization(), Dense(1)});
  EXPECT_THROW(model.memory_plan(1LL << 60), ResourceExhausted);
}

}  // namespace
}  // namespace minnow
