#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/ops.h"
#include "core/random.h"
#include "core/train/model.h"
#include "layers/activation.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "tests/expect_error.h"

// The rows of the table of errors are tested word for word; and after each error the model is as
// it was, to the bit, and the very next correct call works.
namespace minnow {

inline Sequential image_model() {
  Sequential model({Input({28, 28, 1}), Conv2D(2, {3, 3}, {.activation = Activation::relu}),
                    Flatten(), Dense(10, {.activation = Activation::softmax})});
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

inline Sequential row_model(InputOptions input = {}) {
  Sequential model({Input({10}, std::move(input)), Dense(10, {.activation = "relu"}),
                    Dense(1, {.activation = "sigmoid"})});
  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  return model;
}

/// Everything that a failed call must leave alone.
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

/// Data that fit both models.
class ErrorTable : public ::testing::Test {
 protected:
  Rng rng{1};
  Tensor images = uniform({10, 28, 28, 1}, rng);
  Tensor labels = randint(0, 10, {10}, rng);
  Tensor rows = uniform({10, 10}, rng);
  Tensor binary = randint(0, 2, {10}, rng);

  /// The call fails with that text, whatever was trained before, and leaves no trace.
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

}  // namespace minnow
