#include "layers/dense.h"

#include <gtest/gtest.h>

#include "core/config.h"
#include "core/error.h"
#include "tests/expect_error.h"
#include "tests/layers/layer_rig.h"
#include "tests/support/compare.h"
#include "tests/support/numbers.h"

namespace minnow {
namespace {

using test::LayerRig;

TEST(Dense, MultipliesRowsByTheKernel) {
  LayerRig rig(Dense(2), {3});
  rig.x = {1, 2, 3, -1, 0, 1};
  rig.weights = {{1, 10, 2, 20, 3, 30}, {0.5F, -0.5F}};
  rig.forward(2);
  EXPECT_EQ(rig.y, (std::vector<float>{14.5F, 139.5F, 2.5F, 19.5F}));
  rig.backward(2, {1, 0, 0, 1});
  EXPECT_EQ(rig.d_weights[0], (std::vector<float>{1, -1, 2, 0, 3, 1}));
  EXPECT_EQ(rig.d_weights[1], (std::vector<float>{1, 1}));
  EXPECT_EQ(rig.dx, (std::vector<float>{1, 2, 3, 10, 20, 30}));
}

// Thin layers of many features compute both gradients at once, strip by strip.
TEST(Dense, GradientsAskedForTogetherHaveTheBitsOfEachAlone) {
  for (const std::int64_t rows : {1, 2, 3, 33, 1025}) {
    for (const std::int64_t features : {511, 512, 1031, 2500}) {
      if (rows * features > 2'000'000) continue;
      LayerRig rig(Dense(10), {features});
      rig.x = test::random_numbers(rows * features, 5);
      const auto dy = test::random_numbers(rows * 10, 6);
      rig.forward(rows);
      rig.backward(rows, dy, {.wants_input_gradient = false});
      const auto d_weights = rig.d_weights;
      rig.backward(rows, dy, {.wants_weight_gradients = false});
      const auto dx = rig.dx;
      for (const int threads : {1, 2, 3, 7}) {
        rig.d_weights.assign(2, {});
        for (std::size_t i = 0; i < 2; ++i)
          rig.d_weights[i] = test::all_nan(i == 0 ? features * 10 : 10);
        rig.backward(rows, dy, {.threads = threads});
        EXPECT_TRUE(test::same_bits(dx, rig.dx)) << rows << " x " << features;
        bool finite = true;
        const kernels::Derivative tanh{{.kind = ActivationKind::tanh}, rig.x.data(), &finite};
        rig.backward(rows, dy, {.threads = threads, .derivative = &tanh});
        std::vector<float> derived = dx;
        kernels::activate_backward(Workers(1), tanh.activation, rows, features, rig.x.data(),
                                   derived.data());
        EXPECT_TRUE(test::same_bits(derived, rig.dx)) << rows << " x " << features;
        for (std::size_t i = 0; i < 2; ++i) {
          EXPECT_TRUE(test::same_bits(d_weights[i], rig.d_weights[i])) << rows << " x " << features;
        }
      }
      rig.backward(rows, dy, {.accumulate = true});
      for (std::size_t i = 0; i < d_weights[0].size(); ++i) {
        ASSERT_NEAR(rig.d_weights[0][i], 2 * d_weights[0][i], 1e-4);
      }
    }
  }
}

TEST(Dense, DeclaresItsWeights) {
  const Dense layer(6, {.kernel_initializer = "he_normal", .bias_initializer = "ones"});
  const auto op = layer.impl().build(test::behind_dense(layer, {2, 4}));
  const Declaration& d = op->declaration();
  EXPECT_EQ(d.output, (Shape{2, 6}));
  ASSERT_EQ(d.weights.size(), 2U);
  EXPECT_EQ(d.weights[0].name, "kernel");
  EXPECT_EQ(d.weights[0].shape, (Shape{4, 6}));
  EXPECT_EQ(d.weights[0].initializer.class_name(), "HeNormal");
  EXPECT_EQ(d.weights[1].name, "bias");
  EXPECT_EQ(d.weights[1].shape, (Shape{6}));
  EXPECT_EQ(d.weights[1].initializer.class_name(), "Ones");
  EXPECT_TRUE(d.takes_epilogue);
  EXPECT_TRUE(d.keeps_inputs);
}

TEST(Dense, HandsOnTheRulesOfItsWeights) {
  const Dense layer(6, {.kernel_regularizer = "l2",
                        .bias_regularizer = Regularizer::l1(0.5F),
                        .kernel_constraint = Constraint::max_norm(3, {0, 1}),
                        .bias_constraint = "non_neg"});
  const Layer again = Dense::from_config(layer.impl().config());
  EXPECT_EQ(again.impl().config(), layer.impl().config());
  const auto op = again.impl().build(test::behind_dense(again, {2, 4}));
  const std::vector<WeightSpec>& weights = op->declaration().weights;
  EXPECT_EQ(weights[0].regularizer.config(), Regularizer("l2").config());
  EXPECT_EQ(weights[0].constraint.class_name(), "MaxNorm");
  EXPECT_EQ(weights[1].regularizer.l1_factor(), 0.5F);
  EXPECT_EQ(weights[1].constraint.class_name(), "NonNeg");
}

TEST(Dense, WritesKerasConfig) {
  EXPECT_EQ(
      Dense(10, {.activation = "softmax"}).impl().config().str(),
      R"({"units":10,"activation":"softmax","use_bias":true,)"
      R"("kernel_initializer":{"module":"keras.initializers","class_name":"GlorotUniform",)"
      R"("config":{"seed":null,"input_axes":null,"output_axes":null},"registered_name":null},)"
      R"("bias_initializer":{"module":"keras.initializers","class_name":"Zeros","config":{},)"
      R"("registered_name":null},"kernel_regularizer":null,"bias_regularizer":null,)"
      R"("kernel_constraint":null,"bias_constraint":null,"quantization_config":null})");
}

TEST(Dense, KeepsTheParametersOfItsActivation) {
  const auto config_of = [](const ActivationFn& fn) {
    return Dense(1, {.activation = fn}).impl().config();
  };
  const ActivationFn leaky{.kind = ActivationKind::leaky_relu, .slope = 0.125F};
  const ActivationFn elu{.kind = ActivationKind::elu, .slope = 0.5F};
  const ActivationFn clipped{
      .kind = ActivationKind::clipped_relu, .max_value = 6, .threshold = 0.25F};
  EXPECT_EQ(config_of(leaky)["activation"].str(),
            R"({"module":"keras.layers","class_name":"LeakyReLU",)"
            R"("config":{"negative_slope":0.125},"registered_name":null})");
  for (const ActivationFn& fn : {leaky, elu, clipped}) {
    EXPECT_EQ(Dense::from_config(config_of(fn)).impl().config(), config_of(fn));
  }
}

TEST(Dense, ReadsActivationsAsKerasWritesThem) {
  const auto read = [](Config activation) {
    const Layer layer = Dense::from_config(
        Config::object({{"units", 2}, {"activation", std::move(activation)}, {"name", "d"}}));
    return layer.impl().build(test::behind_dense(layer, {3}))->declaration().activation;
  };
  EXPECT_EQ(read({}), ActivationFn{});
  EXPECT_EQ(read("elu"), (ActivationFn{.kind = ActivationKind::elu, .slope = 1}));
  EXPECT_EQ(read(Config::object({{"class_name", "function"}, {"config", "relu"}})),
            (ActivationFn{.kind = ActivationKind::relu}));
  const Config settings = Config::object({{"name", "l"}, {"trainable", true}, {"max_value", 6.0}});
  EXPECT_EQ(read(Config::object({{"class_name", "ReLU"}, {"config", settings}})),
            (ActivationFn{.kind = ActivationKind::clipped_relu, .max_value = 6}));
  expect_error<Unimplemented>(
      [&] {
        read(Config::object({{"class_name", "PReLU"}}));
      },
      "[Dense 'd'] 'activation' = {\"class_name\":\"PReLU\"} is not supported. Supported: the name "
      "of an activation, LeakyReLU, ELU, ReLU.");
}

TEST(Dense, RefusesSettings) {
  expect_error<InvalidArgument>([] { Dense(0, {.name = "d"}); },
                                "[Dense 'd'] units: expected at least 1, got 0.");
  expect_error<InvalidArgument>([] { Dense(-3); }, "[Dense] units: expected at least 1, got -3.");
  const Dense huge(1LL << 40);
  expect_error<InvalidArgument>(
      [&] { huge.impl().build(test::behind_dense(huge, {1LL << 22})); },
      "[Dense 'here'] kernel: expected a size in bytes that fits in 63 bits, got (4194304, "
      "1099511627776).");
  expect_error<Unimplemented>(
      [] {
        Dense::from_config(Config::object({{"units", 2}, {"lora_rank", 4}}));
      },
      "[Dense] 'lora_rank' = 4 is not supported. Supported: null.");
}

}  // namespace
}  // namespace minnow
