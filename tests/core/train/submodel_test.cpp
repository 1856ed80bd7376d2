// Models within models.
#include "core/graph/submodel.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/train/model.h"
#include "layers/activation.h"
#include "layers/batch_normalization.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "tests/core/train/gradients.h"
#include "tests/expect_error.h"
#include "tests/support/plus_layer.h"

namespace minnow {
namespace {

using testing::check_gradients;
using testing::Pairs;
using testing::plain;

std::vector<std::string> weight_names(const Model& model) {
  std::vector<std::string> names;
  for (const NamedTensor& weight : model.named_weights()) names.push_back(weight.name);
  return names;
}

Submodel encoder(SubmodelOptions options = {.name = "encoder"}) {
  return Submodel({Input({4}), Dense(5, {.activation = "tanh", .name = "wide"}), Dense(3)},
                  std::move(options));
}

TEST(Submodel, ComputesWhatItsLayersWould) {
  const Pairs data;
  Sequential nested({Input({4}), encoder(), Dense(3)});
  Sequential flat({Input({4}), Dense(5, {.activation = "tanh"}), Dense(3), Dense(3)});
  EXPECT_EQ(
      weight_names(nested),
      (std::vector<std::string>{"encoder/wide/kernel", "encoder/wide/bias", "encoder/dense/kernel",
                                "encoder/dense/bias", "dense/kernel", "dense/bias"}));
  flat.set_weights(nested.get_weights());
  nested.compile(plain);
  flat.compile(plain);
  nested.fit(data.x, data.y, {.epochs = 2, .shuffle = false});
  flat.fit(data.x, data.y, {.epochs = 2, .shuffle = false});
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(same_bits(nested.get_weights()[i], flat.get_weights()[i])) << i;
  }
  check_gradients(nested, data.x, data.y);
}

TEST(Submodel, SharesItsWeightsAmongItsUses) {
  const Pairs data;
  const Input x({4});
  const Submodel twice = encoder();
  const Dense back(4, {.activation = "tanh"});
  Model model(x, Plus()({twice(x), twice(back(twice(x)))}));
  model.compile(plain);
  EXPECT_EQ(weight_names(model).size(), 6U);
  check_gradients(model, data.x, data.y);
}

TEST(Submodel, SharesALayerWithTheModelAroundIt) {
  const Pairs data;
  const Input x({4}), within({4});
  const Dense shared(3, {.activation = "tanh"});
  const Submodel half({within}, {Activation("softplus")(shared(within))}, {.name = "half"});
  Model model(x, Plus()({half(x), shared(x)}));
  model.compile(plain);
  EXPECT_EQ(weight_names(model),
            (std::vector<std::string>{"half/dense/kernel", "half/dense/bias"}));
  check_gradients(model, data.x, data.y);
}

TEST(Submodel, HasSeveralInputsAndOutputs) {
  const Pairs data;
  const Input a({4}), b({4});
  const Symbol sum = Plus()({Dense(3)(a), Dense(3)(b)});
  const Submodel both({a, b}, {sum, Activation("tanh")(sum), a}, {.name = "both"});
  const Input x({4});
  const std::vector<Symbol> out = both.all({x, Dense(4)(x)});
  ASSERT_EQ(out.size(), 3U);
  // An Input that is an output too is what the submodel was called on.
  Model model(x, Plus()({Dense(3)(out[2]), out[1], out[0]}));
  model.compile(plain);
  check_gradients(model, data.x, data.y);
  expect_error<InvalidArgument>(
      [&] {
        both({x, x});
      },
      "[Functional 'both'] expected one output, got 3. all() gives every one of them.");
  expect_error<InvalidArgument>(
      [&] {
        Sequential({Input({4}), both});
      },
      "[Sequential] layers: expected layers with one output, got a "
      "Functional with 3.");
}

TEST(Submodel, WithinASubmodel) {
  const Pairs data;
  const Submodel inner({Input({4}), Dense(2, {.activation = "tanh"})}, {.name = "inner"});
  const Submodel outer({Input({4}), inner, Dense(3)}, {.name = "outer"});
  Sequential model({Input({4}), Dense(4), outer});
  model.compile(plain);
  EXPECT_EQ(weight_names(model)[2], "outer/inner/dense/kernel");
  check_gradients(model, data.x, data.y);
}

TEST(Submodel, ThatIsFrozenKeepsItsWeights) {
  const Pairs data;
  Sequential model({Input({4}), encoder({.name = "encoder", .trainable = false}), Dense(3)});
  model.compile(plain);
  const std::vector<Tensor> before = model.get_weights();
  model.fit(data.x, data.y);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(same_bits(before[i], model.get_weights()[i]), i < 4) << i;
  }
  // A layer that is frozen in one of its uses is frozen.
  const Input x({4}), within({4});
  const Dense shared(3);
  const Submodel half({within}, {shared(within)}, {.trainable = false});
  Model other(x, Dense(3)(Plus()({half(x), shared(x)})));
  EXPECT_FALSE(other.graph().parameters()[0].trainable);
  EXPECT_TRUE(other.graph().parameters()[2].trainable);
}

TEST(Submodel, ThatIsFrozenNormalizesByMovingAverages) {
  const Pairs data;
  const auto normalized = [](bool outer, bool inner) {
    return Sequential({Input({4}),
                       Submodel({Input({4}), BatchNormalization({.trainable = inner}), Dense(4)},
                                {.trainable = outer}),
                       Dense(3)});
  };
  Model by_submodel = normalized(false, true), by_layer = normalized(false, false);
  by_layer.set_weights(by_submodel.get_weights());
  const std::vector<Tensor> before = by_submodel.get_weights();
  for (Model* model : {&by_submodel, &by_layer}) {
    model->compile(plain);
    model->fit(data.x, data.y, {.shuffle = false});
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_TRUE(same_bits(by_submodel.get_weights()[i], by_layer.get_weights()[i])) << i;
    EXPECT_EQ(same_bits(by_submodel.get_weights()[i], before[i]), i < 6) << i;
  }
}

TEST(Submodel, IsNamedAsKerasWould) {
  const Input x({4});
  const auto functional = [] {
    const Input within({4});
    return Submodel({within}, {Dense(4)(within)});
  };
  const Submodel chain({Input({4}), Dense(4)});
  Model model(x, functional()(chain(functional()(x))));
  EXPECT_EQ(weight_names(model)[0], "functional/dense/kernel");
  EXPECT_EQ(weight_names(model)[2], "sequential/dense/kernel");
  EXPECT_EQ(weight_names(model)[4], "functional_1/dense/kernel");
}

TEST(Submodel, RefusesWhatDoesNotFit) {
  const Input x({4}), image({2, 2});
  expect_error<InvalidArgument>([&] { Model(image, encoder()(image)); },
                                "[Sequential 'encoder'] input: expected (N, 4), got (N, 2, 2) from "
                                "Input 'input_layer'.");
  expect_error<InvalidArgument>(
      [&] {
        Model(x, encoder()({x, x}));
      },
      "[Sequential 'encoder'] input: expected one input, got 2: Input 'input_layer', Input "
      "'input_layer'.");
  const Input a({4}), b({4});
  const Submodel both({a, b}, {Plus()({a, b})}, {.name = "both"});
  expect_error<InvalidArgument>([&] { Model(x, both(x)); },
                                "[Functional 'both'] input: expected 2 inputs, got 1.");
  expect_error<InvalidArgument>([&] { Submodel({Dense(3)}); },
                                "[Sequential] layers: expected an Input first, got a Dense.");
}

TEST(Submodel, ThatDoublesTooOftenIsTooMuch) {
  Submodel doubled({Input({4}), Flatten()}, {.name = "s"});
  const auto again = [&] {
    const Input x({4});
    doubled = Submodel({x}, {doubled(doubled(x))}, {.name = "s"});
  };
  for (int i = 0; i < 15; ++i) again();
  expect_error<ResourceExhausted>(again,
                                  "[Flatten 's/s/s/s/s/s/s/s/s/s/s/s/s/s/s/s/flatten'] expected at "
                                  "most 65536 uses of layers.");
}

}  // namespace
}  // namespace minnow
