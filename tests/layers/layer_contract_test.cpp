// What every layer must do, one row for each in layer_cases.cpp.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <complex>

#include "core/config.h"
#include "core/error.h"
#include "core/graph/registry.h"
#include "tests/expect_error.h"
#include "tests/layers/layer_cases.h"
#include "tests/layers/layer_rig.h"
#include "tests/support/compare.h"
#include "tests/support/complex_step.h"

namespace minnow {
namespace {

using namespace test;

using Complex = std::complex<double>;

void expect_same_declaration(const Declaration& a, const Declaration& b) {
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.activation, b.activation);
  EXPECT_EQ(a.takes_epilogue, b.takes_epilogue);
  EXPECT_EQ(a.view, b.view);
  EXPECT_EQ(a.identity_in_inference, b.identity_in_inference);
  EXPECT_EQ(a.keeps_inputs, b.keeps_inputs);
  EXPECT_EQ(a.keeps_output, b.keeps_output);
  EXPECT_EQ(a.takes_derivative, b.takes_derivative);
  EXPECT_EQ(a.passes_relu, b.passes_relu);
  EXPECT_EQ(a.shares_features, b.shares_features);
  EXPECT_EQ(a.couples_rows, b.couples_rows);
  EXPECT_EQ(a.saved.fixed, b.saved.fixed);
  EXPECT_EQ(a.saved.per_row, b.saved.per_row);
  EXPECT_EQ(a.scratch.fixed, b.scratch.fixed);
  EXPECT_EQ(a.scratch.per_row, b.scratch.per_row);
  ASSERT_EQ(a.weights.size(), b.weights.size());
  for (std::size_t i = 0; i < a.weights.size(); ++i) {
    EXPECT_EQ(a.weights[i].name, b.weights[i].name);
    EXPECT_EQ(a.weights[i].shape, b.weights[i].shape);
    EXPECT_EQ(a.weights[i].trainable, b.weights[i].trainable);
    EXPECT_EQ(a.weights[i].initializer.class_name(), b.weights[i].initializer.class_name());
    EXPECT_EQ(a.weights[i].initializer.config(), b.weights[i].initializer.config());
  }
}

// As the writer of an architecture completes a layer's config.
Config whole_config(const Layer& layer) {
  Config config = layer.impl().config();
  config.set("name", "here");
  config.set("trainable", false);
  config.set("dtype", Config::object({{"class_name", "DTypePolicy"},
                                      {"config", Config::object({{"name", "float32"}})}}));
  return config;
}

class LayerContract : public testing::TestWithParam<LayerCase> {
 protected:
  const LayerCase& c() const { return GetParam(); }

  LayerRig rig(std::int64_t rows) const {
    LayerRig rig(c().make(), c().input, 1, c().more_inputs);
    std::int64_t numbers = c().input.numel();
    for (const Shape& more : c().more_inputs) numbers += more.numel();
    rig.x = random_numbers(rows * numbers, 5, -2, 2);
    return rig;
  }
  std::vector<float> some_dy(std::int64_t rows) const {
    return random_numbers(rows * c().output.numel(), 6);
  }
};

TEST_P(LayerContract, AppliesTheDerivativeOfReluBehindItsInput) {
  LayerRig r = rig(3);
  const Declaration& d = r.declaration();
  if (!d.takes_derivative && !d.passes_relu) return;
  for (float& v : r.x) v = std::max(v, 0.0F);  // as it comes from there
  const auto dy = some_dy(3);
  r.forward(3);
  r.backward(3, dy);
  const ActivationFn relu{.kind = ActivationKind::relu};
  std::vector<float> expected = r.dx;
  kernels::activate_backward(Workers(1), relu, 1, static_cast<std::int64_t>(expected.size()),
                             r.x.data(), expected.data());
  bool finite = true;
  const kernels::Derivative derivative{relu, d.takes_derivative ? r.x.data() : r.y.data(), &finite};
  r.backward(3, dy, {.derivative = &derivative});
  EXPECT_TRUE(same_bits(expected, r.dx));
  EXPECT_TRUE(finite);
}

TEST_P(LayerContract, DeclaresItsOutputAndTheSameTwice) {
  const Layer layer = c().make();
  const auto first = layer.impl().build(behind_dense(layer, c().input, c().more_inputs));
  const auto second = layer.impl().build(behind_dense(layer, c().input, c().more_inputs));
  EXPECT_EQ(first->declaration().output, c().output);
  expect_same_declaration(first->declaration(), second->declaration());
}

TEST_P(LayerContract, ForwardIsTheOracle) {
  for (const std::int64_t rows : {0, 1, 3, 33}) {
    LayerRig r = rig(rows);
    r.forward(rows);
    std::vector<std::vector<double>> weights;
    for (const auto& w : r.weights) weights.push_back(widen(w));
    EXPECT_TRUE(near_all(c().oracle.real(rows, widen(r.x), weights), r.y, 1e-6)) << rows << " rows";
  }
}

TEST_P(LayerContract, InferenceNeedsNothingSaved) {
  LayerRig r = rig(3);
  r.forward(3, {.training = false});
  if (r.declaration().identity_in_inference) {
    EXPECT_TRUE(same_bits(r.x, r.y));
  } else if (c().inference) {
    std::vector<std::vector<double>> weights;
    for (const auto& w : r.weights) weights.push_back(widen(w));
    EXPECT_TRUE(near_all(c().inference->real(3, widen(r.x), weights), r.y, 1e-6));
  } else {
    const std::vector<float> y = r.y;
    r.forward(3);
    EXPECT_TRUE(same_bits(y, r.y));
  }
}

TEST_P(LayerContract, AppliesEpiloguesAsItSays) {
  LayerRig r = rig(3);
  if (!r.declaration().takes_epilogue) return;
  if (r.declaration().activation.kind == ActivationKind::softmax) return;  // never an epilogue
  r.forward(3);
  const std::vector<float> y = r.y;
  r.forward(3, {.as_epilogue = true});
  EXPECT_TRUE(near_all(y, r.y, 1e-6));
}

TEST_P(LayerContract, BackwardIsTheDerivativeOfTheOracle) {
  constexpr std::int64_t rows = 3;
  LayerRig r = rig(rows);
  const std::vector<float> dy = some_dy(rows);
  r.forward(rows);
  r.backward(rows, dy);
  std::vector<std::vector<Complex>> weights;
  for (const auto& w : r.weights) weights.push_back(widen<Complex>(w));
  const auto by_input = [&](const std::vector<Complex>& x) {
    return dot(c().oracle.complex(rows, x, weights), dy);
  };
  EXPECT_TRUE(near_all(gradient(by_input, widen(r.x)), r.dx, 2e-6)) << "dx";
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!r.declaration().weights[i].trainable) continue;
    const auto by_weight = [&](const std::vector<Complex>& w) {
      auto changed = weights;
      changed[i] = w;
      return dot(c().oracle.complex(rows, widen<Complex>(r.x), changed), dy);
    };
    EXPECT_TRUE(near_all(gradient(by_weight, widen(r.weights[i])), r.d_weights[i], 2e-6))
        << "d " << r.declaration().weights[i].name;
  }
}

TEST_P(LayerContract, BackwardOfNoRowsLeavesZeroGradients) {
  LayerRig r = rig(0);
  r.forward(0);
  r.backward(0, {});
  for (std::size_t i = 0; i < r.d_weights.size(); ++i) {
    if (!r.declaration().weights[i].trainable) continue;
    EXPECT_TRUE(same_bits(std::vector<float>(r.d_weights[i].size(), 0.0F), r.d_weights[i]));
  }
}

TEST_P(LayerContract, AccumulateAddsToWeightGradientsOnly) {
  LayerRig r = rig(3);
  const std::vector<float> dy = some_dy(3);
  r.forward(3);
  r.backward(3, dy);
  const auto once = r.d_weights;
  const auto dx = r.dx;
  r.backward(3, dy, {.accumulate = true});
  EXPECT_TRUE(same_bits(dx, r.dx));
  for (std::size_t i = 0; i < once.size(); ++i) {
    std::vector<double> twice = widen(once[i]);
    for (double& v : twice) v *= 2;
    EXPECT_TRUE(near_all(twice, r.d_weights[i], 1e-6));
  }
}

TEST_P(LayerContract, LeavesOutWhatNobodyAsksFor) {
  LayerRig whole = rig(3), part = rig(3);
  const std::vector<float> dy = some_dy(3);
  whole.forward(3);
  whole.backward(3, dy);
  part.forward(3);
  part.backward(3, dy, {.wants_weight_gradients = false});
  EXPECT_TRUE(same_bits(whole.dx, part.dx));
  part.backward(3, dy, {.wants_input_gradient = false});
  for (std::size_t i = 0; i < whole.d_weights.size(); ++i) {
    EXPECT_TRUE(same_bits(whole.d_weights[i], part.d_weights[i]));
  }
}

TEST_P(LayerContract, HasTheSameBitsOnAnyNumberOfThreads) {
  constexpr std::int64_t rows = 1031;  // enough to be worth several threads
  LayerRig one = rig(rows);
  const std::vector<float> dy = some_dy(rows);
  one.forward(rows);
  one.backward(rows, dy);
  for (const int threads : {2, 5}) {
    LayerRig several = rig(rows);
    several.forward(rows, {.threads = threads});
    several.backward(rows, dy, {.threads = threads});
    EXPECT_TRUE(same_bits(one.y, several.y));
    EXPECT_TRUE(same_bits(one.dx, several.dx));
    for (std::size_t i = 0; i < one.d_weights.size(); ++i) {
      EXPECT_TRUE(same_bits(one.d_weights[i], several.d_weights[i]));
    }
  }
}

TEST_P(LayerContract, RefusesInputsThatDoNotFit) {
  const Layer layer = c().make();
  for (const Refusal& refusal : c().refusals) {
    expect_error<InvalidArgument>(
        [&] { layer.impl().build(behind_dense(layer, refusal.input, c().more_inputs)); },
        refusal.message);
  }
  if (c().takes_several || !c().more_inputs.empty()) return;
  BuildContext two = behind_dense(layer, c().input);
  two.inputs.push_back(c().input);
  two.input_from.emplace_back("Flatten 'other'");
  expect_error<InvalidArgument>(
      [&] { layer.impl().build(two); },
      fmt::format("[{} 'here'] input: expected one input, got 2: Dense 'before', Flatten 'other'.",
                  layer.class_name()));
}

TEST_P(LayerContract, ComesBackFromItsConfig) {
  const Layer layer = c().make();
  EXPECT_EQ(layer.name(), "");
  EXPECT_TRUE(layer.impl().trainable());
  const Layer again = make_layer(layer.class_name(), whole_config(layer));
  EXPECT_EQ(again.class_name(), layer.class_name());
  EXPECT_EQ(again.name(), "here");
  EXPECT_FALSE(again.impl().trainable());
  EXPECT_EQ(again.impl().config(), layer.impl().config());
  const auto before = layer.impl().build(behind_dense(layer, c().input, c().more_inputs));
  const auto after = again.impl().build(behind_dense(again, c().input, c().more_inputs));
  expect_same_declaration(before->declaration(), after->declaration());
}

TEST_P(LayerContract, RefusesSettingsItDoesNotKnow) {
  const Layer layer = c().make();
  Config config = whole_config(layer);
  config.set("dtype", "float16");
  expect_error<Unimplemented>(
      [&] { make_layer(layer.class_name(), config); },
      fmt::format("[{} 'here'] 'dtype' = \"float16\" is not supported. Supported: \"float32\".",
                  layer.class_name()));
  config.set("dtype", "float32");
  config.set("rank_of_surprise", 3);
  try {
    make_layer(layer.class_name(), config);
    ADD_FAILURE() << "took a setting that it does not know";
  } catch (const Unimplemented& e) {
    EXPECT_EQ(std::string(e.what()).find(fmt::format(
                  "[{} 'here'] 'rank_of_surprise' = 3 is not supported.", layer.class_name())),
              0U)
        << e.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, LayerContract, testing::ValuesIn(layer_cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace minnow
