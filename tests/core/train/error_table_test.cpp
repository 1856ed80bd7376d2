// Every row of the table of errors, word for word; and after each error the model is as it was, to
// the bit, and the very next correct call works.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "core/ops.h"
#include "core/random.h"
#include "core/train/model.h"
#include "layers/activation.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "losses/binary_crossentropy.h"
#include "losses/sparse_categorical_crossentropy.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float inf = std::numeric_limits<float>::infinity();

Sequential image_model() {
  Sequential model({Input({28, 28, 1}), Conv2D(2, {3, 3}, {.activation = Activation::relu}),
                    Flatten(), Dense(10, {.activation = Activation::softmax})});
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

Sequential row_model(InputOptions input = {}) {
  Sequential model({Input({10}, std::move(input)), Dense(10, {.activation = "relu"}),
                    Dense(1, {.activation = "sigmoid"})});
  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

// Everything that a failed call must leave alone.
struct Bits {
  std::vector<Tensor> weights, state;
  std::int64_t step;

  explicit Bits(const Model& model) : weights(model.get_weights()), step(model.step()) {
    for (const NamedTensor& s : model.optimizer_state()) state.push_back(s.value);
  }
  friend bool operator==(const Bits& a, const Bits& b) {
    const auto same = [](const auto& x, const auto& y) {
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), same_bits);
    };
    return same(a.weights, b.weights) && same(a.state, b.state) && a.step == b.step;
  }
};

class ErrorTable : public testing::Test {
 protected:
  Rng rng{1};
  Tensor images = uniform({10, 28, 28, 1}, rng);
  Tensor labels = randint(0, 10, {10}, rng);
  Tensor rows = uniform({10, 10}, rng);
  Tensor binary = randint(0, 2, {10}, rng);

  // The call fails with that text, whatever was trained before, and leaves no trace.
  void refused(Model& model, const Tensor& x, const Tensor& y, const std::string& message,
               const FitOptions& options = {}) {
    const bool image = model.graph().input(0).shape().rank() == 3;
    const Tensor& good_x = image ? images : rows;
    const Tensor& good_y = image ? labels : binary;
    model.fit(good_x, good_y);
    const Bits before(model);
    expect_error<InvalidArgument>([&] { model.fit(x, y, options); }, message);
    EXPECT_TRUE(before == Bits(model));
    EXPECT_NO_THROW(model.fit(good_x, good_y));
    EXPECT_EQ(model.step(), before.step + 1);
  }
};

TEST_F(ErrorTable, ShapeOfX) {
  Sequential model = image_model();
  refused(model, uniform({10, 784}, rng), labels,
          "[fit] x: expected shape (N, 28, 28, 1) for Input 'input_layer', got (10, 784). "
          "784 = 28*28*1: reshape x to (10, 28, 28, 1).");
  refused(model, uniform({10, 27, 28, 1}, rng), labels,
          "[fit] x: expected shape (N, 28, 28, 1) for Input 'input_layer', got (10, 27, 28, 1).");
  refused(
      model, uniform({10, 28, 28, 3}, rng), labels,
      "[fit] x: expected shape (N, 28, 28, 1) for Input 'input_layer', got (10, 28, 28, 3). The "
      "images have 3 channels (RGB): make them grey, or declare Input({28, 28, 3}).");
  refused(model, uniform({28, 28, 1}, rng), labels,
          "[fit] x: expected shape (N, 28, 28, 1) for Input 'input_layer', got (28, 28, 1). One "
          "sample needs a batch axis: reshape x to (1, 28, 28, 1).");
  refused(model, uniform({10, 1, 28, 28}, rng), labels,
          "[fit] x: expected shape (N, 28, 28, 1) for Input 'input_layer', got (10, 1, 28, 28). "
          "1*28*28 = 28*28*1: reshape x to (10, 28, 28, 1).");
  refused(model, full({}, 1), labels,
          "[fit] x: expected shape (N, 28, 28, 1) for Input 'input_layer', got ().");
}

TEST_F(ErrorTable, ChannelsFirst) {
  Sequential model({Input({8, 9, 3}), Flatten(), Dense(2)});
  model.compile({.loss = "mse"});
  expect_error<InvalidArgument>(
      [&] {
        model.fit(uniform({4, 3, 8, 9}, rng), zeros({4, 2}));
      },
      "[fit] x: expected shape (N, 8, 9, 3) for Input 'input_layer', got (4, 3, 8, 9). The "
      "channels "
      "come first: bring the axes of x into the order (N, height, width, channels).");
}

TEST_F(ErrorTable, LastAxisOfOneMayBeLeftOut) {
  Sequential model = image_model();
  EXPECT_NO_THROW(model.fit(images.reshape({10, 28, 28}), labels));
  EXPECT_NO_THROW(model.fit(images.reshape({10, 28, 28, 1, 1}), labels.reshape({10, 1})));
}

TEST_F(ErrorTable, DtypeOfX) {
  Sequential model = row_model();
  const std::string hint = "Convert it with astype(float32), or compile with .autocast = true.";
  refused(model, randint(0, 9, {10, 10}, rng), binary,
          "[fit] x: expected dtype float32 for Input 'input_layer', got int64. " + hint);
  refused(model, rows.astype(DType::float64), binary,
          "[fit] x: expected dtype float32 for Input 'input_layer', got float64. " + hint);
  Sequential images_too = image_model();
  refused(images_too, zeros({10, 28, 28, 1}, DType::uint8), labels,
          "[fit] x: expected dtype float32 for Input 'input_layer', got uint8. " + hint +
              " For images, declare a scale instead: .input_scale = 1 / 255.f.");
}

TEST_F(ErrorTable, AutocastAndScaleAreAccepted) {
  Sequential model({Input({2}), Dense(1)}, {.seed = 3});
  const Tensor x = tensor({{0, 51}, {255, 102}}, DType::uint8), y = zeros({2, 1});
  const Tensor as_float = x.astype(DType::float32);
  model.compile({.loss = "mse", .autocast = true});
  EXPECT_TRUE(same_bits(model.predict(x), model.predict(as_float)));
  model.compile({.loss = "mse", .input_scale = 1 / 255.F});
  EXPECT_TRUE(same_bits(model.predict(x), model.predict(as_float * (1 / 255.F))));
  EXPECT_NO_THROW(model.fit(x, y));
  expect_error<InvalidArgument>(
      [&] { model.predict(x.astype(DType::int32)); },
      "[predict] x: expected dtype float32 for Input 'input_layer', got int32. Convert it with "
      "astype(float32), or compile with .autocast = true.");
}

TEST_F(ErrorTable, Rows) {
  Sequential model = row_model();
  refused(model, rows, binary.slice_rows(0, 9), "[fit] y: expected 10 rows, as x has, got 9.");
  refused(model, zeros({0, 10}), zeros({0}), "[fit] x: expected at least one row, got none.");
  refused(model, rows, binary,
          "[fit] sample_weight: expected shape (10,), one weight for each row, got (9,).",
          {.sample_weight = ones({9})});
  refused(model, rows, binary,
          "[fit] validation_split: expected a row to train on and one to validate on, got 0 and 10 "
          "of 10 rows.",
          {.validation_split = 0.95});
  refused(model, rows, binary,
          "[fit] validation_split: expected a row to train on and one to validate on, got 10 and 0 "
          "of 10 rows.",
          {.validation_split = 1e-20});
  refused(model, rows, binary, "[fit] validation y: expected 4 rows, as validation x has, got 3.",
          {.validation_data = Validation{zeros({4, 10}), zeros({3})}});
  refused(model, rows, binary,
          "[fit] validation x: expected shape (N, 10) for Input 'input_layer', got (4, 9).",
          {.validation_data = Validation{zeros({4, 9}), zeros({4})}});
}

TEST_F(ErrorTable, SampleWeights) {
  Sequential model = row_model();
  refused(model, rows, binary, "[fit] sample_weight: expected a weight above 0, got only zeros.",
          {.sample_weight = zeros({10})});
  Tensor w = ones({10});
  w.mutable_values<float>()[4] = -1;
  refused(model, rows, binary,
          "[fit] sample_weight: expected weights of at least 0, got -1 at row 4.",
          {.sample_weight = w});
  w.mutable_values<float>()[4] = nan;
  refused(model, rows, binary, "[fit] sample_weight: expected finite values, got nan at row 4.",
          {.sample_weight = w});
  refused(model, rows, binary, "[fit] class_weight: expected classes in [0, 2), got 2.",
          {.class_weight = {{2, 1.F}}});
  refused(model, rows, binary,
          "[fit] class_weight: expected finite weights of at least 0, got -1 for class 1.",
          {.class_weight = {{1, -1.F}}});
}

TEST_F(ErrorTable, Labels) {
  Sequential model = image_model();
  const auto with = [&](double value) {
    Tensor y = labels.astype(DType::float32);
    y.mutable_values<float>()[7] = static_cast<float>(value);
    return y;
  };
  refused(model, images, with(10),
          "[fit] y: expected class labels in [0, 10) for Dense 'dense', got 10 at row 7.");
  refused(model, images, with(-1).astype(DType::int64),
          "[fit] y: expected class labels in [0, 10) for Dense 'dense', got -1 at row 7.");
  refused(
      model, images, with(1.5),
      "[fit] y: expected whole class numbers for loss 'sparse_categorical_crossentropy', got 1.5 "
      "at row 7. For class probabilities use the loss categorical_crossentropy.");
  refused(model, images, with(nan), "[fit] y: expected finite values, got nan at row 7.");
  refused(
      model, images, zeros({10, 10}),
      "[fit] y: expected shape (N,) for Dense 'dense' and loss 'sparse_categorical_crossentropy', "
      "got (10, 10). The targets look one-hot: use the loss categorical_crossentropy, or "
      "argmax(y, {.axis = 1}).");
}

TEST_F(ErrorTable, DenseTargets) {
  Sequential model({Input({10}), Dense(3, {.activation = "softmax"})});
  model.compile({.loss = "categorical_crossentropy"});
  expect_error<InvalidArgument>(
      [&] { model.fit(rows, binary); },
      "[fit] y: expected shape (N, 3) for Dense 'dense' and loss 'categorical_crossentropy', got "
      "(10,). The targets look like class numbers: use the loss sparse_categorical_crossentropy.");
  expect_error<InvalidArgument>(
      [&] {
        model.fit(rows, zeros({10, 1}));
      },
      "[fit] y: expected shape (N, 3) for Dense 'dense' and loss 'categorical_crossentropy', got "
      "(10, 1).");
}

TEST_F(ErrorTable, TargetsOfOneColumn) {
  Sequential model = row_model();
  EXPECT_NO_THROW(model.fit(rows, binary.reshape({10, 1})));
  refused(model, rows, zeros({10, 2}),
          "[fit] y: expected shape (N, 1) for Dense 'dense_1' and loss 'binary_crossentropy', got "
          "(10, 2).");
  Tensor y = zeros({10});
  y.mutable_values<float>()[2] = 2;
  refused(model, rows, y,
          "[fit] y: expected targets in [0, 1] for loss 'binary_crossentropy', got 2 at row 2.");
  y.mutable_values<float>()[2] = -0.5F;
  refused(model, rows, y,
          "[fit] y: expected targets in [0, 1] for loss 'binary_crossentropy', got -0.5 at row 2.");
}

TEST_F(ErrorTable, NonFiniteX) {
  Sequential model = image_model();
  Tensor x = images;
  x.mutable_values<float>()[3 * 784 + 2 * 28 + 5] = nan;
  refused(model, x, labels,
          "[fit] x: expected finite values, got nan at row 3, position (2, 5, 0).");
  x.mutable_values<float>()[3 * 784 + 2 * 28 + 5] = -inf;
  refused(model, x, labels,
          "[fit] x: expected finite values, got -inf at row 3, position (2, 5, 0).");
}

TEST_F(ErrorTable, WhatTheInputExpects) {
  Sequential ranged = row_model({.expects = Range{0, 1}});
  const Tensor raw = tensor({{0, 50, 100, 150, 200, 250, 300, 350, 400, 450}});
  refused(
      ranged, raw, ones({1}),
      "[fit] x: expected values in [0, 1] for Input 'input_layer', got values in [0, 450], mean "
      "225 and standard deviation 143.6. Rescale x to that range before.");
  Rng normal_rng(2);
  rows = normal({10, 10}, normal_rng);
  Sequential standard = row_model({.expects = Standardized{}});
  refused(standard, raw, ones({1}),
          "[fit] x: expected standardised values for Input 'input_layer': mean within 0.5 of 0, "
          "standard deviation within 0.5 to 2, got values in [0, 450], mean 225 and standard "
          "deviation 143.6. Standardise it: (x - mean(x)) / stddev(x).");
  Sequential by_row(
      {Input({2}, {.expects = Standardized{.over = Standardized::Over::sample}}), Dense(1)});
  by_row.compile({.loss = "mse"});
  expect_error<InvalidArgument>(
      [&] {
        by_row.fit(tensor({{-1, 1}, {4, 6}}), zeros({2, 1}));
      },
      "[fit] x: expected standardised values for Input 'input_layer': mean within 0.5 of 0, "
      "standard "
      "deviation within 0.5 to 2, got values in [4, 6], mean 5 and standard deviation 1 in row 1. "
      "Standardise it: (x - mean(x, {.axis = 1, .keepdims = true})) / stddev(x, {.axis = 1, "
      ".keepdims = true}).");
  Sequential by_feature(
      {Input({2}, {.expects = Standardized{.over = Standardized::Over::feature}}), Dense(1)});
  by_feature.compile({.loss = "mse"});
  expect_error<InvalidArgument>(
      [&] {
        by_feature.fit(tensor({{-1, 4}, {1, 6}}), zeros({2, 1}));
      },
      "[fit] x: expected standardised values for Input 'input_layer': mean within 0.5 of 0, "
      "standard "
      "deviation within 0.5 to 2, got values in [4, 6], mean 5 and standard deviation 1 in feature "
      "1. Standardise it: (x - mean(x, {.axis = 0, .keepdims = true})) / stddev(x, {.axis = 0, "
      ".keepdims = true}).");
  EXPECT_NO_THROW(by_feature.fit(tensor({{-1, 1}, {1, -1}}), zeros({2, 1})));
}

TEST_F(ErrorTable, UnscaledDataWithoutDeclarationWarn) {
  struct Listener : Callback {
    std::vector<std::string> heard;
    void on_warning(std::string_view text) override { heard.emplace_back(text); }
  } listener;
  Sequential model = row_model();
  const Tensor raw = tensor({{100, 200, 300, 400, 500, 600, 700, 800, 900, 1000}});
  const History history = model.fit(raw, ones({1}), {.callbacks = {&listener}});
  const std::string text =
      "[fit] x: values in [100, 1000], mean 550 and standard deviation 287.2 for Input "
      "'input_layer'. Networks train poorly on unscaled data; standardise or rescale it, or "
      "declare "
      "what the Input expects.";
  EXPECT_EQ(history.warnings, std::vector{text});
  EXPECT_EQ(listener.heard, std::vector{text});
  EXPECT_TRUE(model.fit(rows, binary).warnings.empty());
}

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
  expect_error<InvalidArgument>([] { Dense(3, {.activation = "rellu"}); },
                                "[activation] expected the name of an activation, got 'rellu'. Did "
                                "you mean 'relu'? Known: linear, relu, sigmoid, tanh, softmax, "
                                "softplus, elu, leaky_relu, silu, gelu, swish.");
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
  Sequential model({Input({1000}), Dense(1)});
  EXPECT_THROW(model.memory_plan(1LL << 60), ResourceExhausted);
}

TEST_F(ErrorTable, FirstDataOfAModelWithoutInputChangeNothingIfRefused) {
  Sequential model({Dense(3), Dense(2)});
  model.compile({.loss = "sparse_categorical_crossentropy"});
  expect_error<InvalidArgument>(
      [&] { model.fit(rows, full({10}, 5)); },
      "[fit] y: expected class labels in [0, 2) for Dense 'dense_1', got 5 "
      "at row 0.");
  EXPECT_FALSE(model.built());
  EXPECT_NO_THROW(model.fit(uniform({6, 4}, rng), zeros({6})));
  EXPECT_EQ(model.graph().input(0).shape(), Shape({4}));
}

}  // namespace
}  // namespace minnow
