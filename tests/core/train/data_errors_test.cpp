// The rows of the table of errors that tell of x, y and weights of rows.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "tests/core/train/error_table.h"

namespace minnow {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float inf = std::numeric_limits<float>::infinity();

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
