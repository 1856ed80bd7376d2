// Regularizers and constraints in training.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "core/train/model.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "optim/sgd.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

struct TwelveRows {
  Rng rng{3};
  Tensor x = normal({12, 3}, rng);
  Tensor y = normal({12, 2}, rng);
};

double squares(const Tensor& t) {
  double sum = 0;
  for (const float v : t.values<float>()) sum += static_cast<double>(v) * v;
  return sum;
}

double sizes(const Tensor& t) {
  double sum = 0;
  for (const float v : t.values<float>()) sum += std::abs(static_cast<double>(v));
  return sum;
}

const CompileOptions half_rate{.optimizer = SGD({.learning_rate = 0.5F}), .loss = "mse"};

TEST(Regularized, TheLossCountsEveryPenaltyOnce) {
  const TwelveRows data;
  const Dense shared(3, {.activation = "tanh", .kernel_regularizer = "l2"});
  const Input x({3});
  const Symbol out = Dense(2, {.kernel_regularizer = Regularizer::l1_l2(0.5F, 0.25F),
                               .bias_regularizer = Regularizer::l1(2)})(shared(shared(x)));
  Model with(x, out, {.seed = 1});
  const Dense bare(3, {.activation = "tanh"});
  Model without(x, Dense(2)(bare(bare(x))), {.seed = 1});
  std::vector<Tensor> weights = with.get_weights();
  weights[3] = tensor({0.5F, -0.25F});
  with.set_weights(weights);
  without.set_weights(weights);
  with.compile(half_rate);
  without.compile(half_rate);
  const double penalty =
      0.01 * squares(weights[0]) + 0.5 * sizes(weights[2]) + 0.25 * squares(weights[2]) + 2 * 0.75;
  const double base = without.evaluate(data.x, data.y)["loss"];
  EXPECT_NEAR(with.evaluate(data.x, data.y)["loss"], base + penalty, 1e-6);
  EXPECT_NEAR(with.evaluate(data.x, data.y, {.batch_size = 5})["loss"], base + penalty, 1e-6);
  EXPECT_NEAR(with.train_on_batch(data.x, data.y)["loss"], base + penalty, 1e-6);
}

TEST(Regularized, TheStepFollowsThePenaltyToo) {
  const TwelveRows data;
  const auto make = [](const Regularizer& kernel, const Regularizer& bias) {
    Sequential model({Input({3}), Dense(2, {.bias_initializer = "ones",
                                            .kernel_regularizer = kernel,
                                            .bias_regularizer = bias})},
                     {.seed = 2});
    model.compile(half_rate);
    return model;
  };
  Sequential with = make(Regularizer::l1_l2(0.125F, 0.25F), Regularizer::l1(0.5F));
  Sequential without = make({}, {});
  const std::vector<Tensor> start = with.get_weights();
  with.train_on_batch(data.x, data.y);
  without.train_on_batch(data.x, data.y);
  for (std::size_t w = 0; w < 2; ++w) {
    for (std::size_t i = 0; i < start[w].values<float>().size(); ++i) {
      const double v = start[w].values<float>()[i];
      const double slope = w == 1 ? 0.5 : (v < 0 ? -0.125 : 0.125) + 0.5 * v;
      EXPECT_NEAR(with.get_weights()[w].values<float>()[i],
                  without.get_weights()[w].values<float>()[i] - 0.5 * slope, 1e-6);
    }
  }
}

TEST(Regularized, FrozenLayersCountNothing) {
  const TwelveRows data;
  Sequential model(
      {Input({3}),
       Dense(2, {.trainable = false, .kernel_regularizer = "l2", .kernel_constraint = "non_neg"})});
  Sequential bare({Input({3}), Dense(2)});
  model.compile(half_rate);
  bare.compile(half_rate);
  EXPECT_EQ(model.evaluate(data.x, data.y)["loss"], bare.evaluate(data.x, data.y)["loss"]);
  const std::vector<Tensor> start = model.get_weights();
  model.train_on_batch(data.x, data.y);
  EXPECT_TRUE(same_bits(model.get_weights()[0], start[0]));
}

TEST(Regularized, OutputsShowTheirOwnLossWithoutPenalty) {
  const TwelveRows data;
  const Input x({3});
  Model model(x,
              {Dense(2, {.name = "a", .kernel_regularizer = "l2"})(x), Dense(2, {.name = "b"})(x)});
  model.compile(half_rate);
  const Logs logs = model.evaluate(data.x, {data.y, data.y});
  EXPECT_NEAR(logs["loss"],
              logs["a_loss"] + logs["b_loss"] + 0.01 * squares(model.get_weights()[0]), 1e-6);
}

TEST(Constrained, WeightsAreBroughtBackAfterEveryStep) {
  const TwelveRows data;
  // 64 features and 2 units: the kernel lies transposed in memory.
  Rng rng(4);
  const Tensor x = normal({12, 64}, rng);
  Sequential model({Input({64}), Dense(2, {.kernel_constraint = Constraint::max_norm(0.25F),
                                           .bias_constraint = "non_neg"})});
  model.compile(half_rate);
  model.fit(x, data.y, {.epochs = 3, .batch_size = 5});
  const Tensor kernel = model.get_weights()[0], bias = model.get_weights()[1];
  double norm[2] = {};
  for (std::size_t i = 0; i < 128; ++i) {
    norm[i % 2] += std::pow(static_cast<double>(kernel.values<float>()[i]), 2);
  }
  EXPECT_NEAR(std::sqrt(norm[0]), 0.25, 1e-6);
  EXPECT_NEAR(std::sqrt(norm[1]), 0.25, 1e-6);
  for (const float v : bias.values<float>()) EXPECT_GE(v, 0);
}

TEST(Constrained, ARefusedStepLeavesWeightsThatBreakTheConstraint) {
  const TwelveRows data;
  Sequential model({Input({3}), Dense(2, {.kernel_regularizer = Regularizer::l2(1e4F),
                                          .kernel_constraint = Constraint::max_norm(0.5F)})});
  model.compile(half_rate);
  model.set_weights(std::vector<Tensor>{full({3, 2}, 1e37F), zeros({2})});
  const std::vector<Tensor> start = model.get_weights();
  EXPECT_THROW(model.train_on_batch(data.x, data.y), Diverged);
  for (std::size_t w = 0; w < 2; ++w) EXPECT_TRUE(same_bits(model.get_weights()[w], start[w]));
  EXPECT_EQ(model.step(), 0);
}

TEST(Regularized, AnInfiniteSlopeOfThePenaltyIsRefused) {
  Sequential model(
      {Input({3}), Dense(2, {.name = "d", .kernel_regularizer = Regularizer::l2(1e4F)})});
  model.compile(half_rate);
  model.set_weights(std::vector<Tensor>{full({3, 2}, 1e36F), zeros({2})});
  const std::vector<Tensor> start = model.get_weights();
  // The data are zeros: only the penalty's slope leaves the range of float32.
  expect_error<Diverged>(
      [&] {
        model.train_on_batch(zeros({4, 3}), zeros({4, 2}));
      },
      "[train_on_batch] expected finite numbers, got a gradient of d/kernel that is not in step 1. "
      "The step made no update. Lower the learning rate, or standardise the inputs.");
  EXPECT_TRUE(same_bits(model.get_weights()[0], start[0]));
}

TEST(Initialized, OnlyShapesThatFit) {
  expect_error<InvalidArgument>(
      [] {
        Sequential({Input({3}), Dense(2, {.bias_initializer = "orthogonal", .name = "d"})});
      },
      "[Dense 'd'] bias_initializer: expected at least rank 2 for Orthogonal, got (2,).");
  const Sequential model({Input({3}), Dense(3, {.kernel_initializer = "identity"})});
  EXPECT_EQ(model.get_weights()[0].values<float>()[4], 1);
}

TEST(Constrained, AxesMustBeTheWeights) {
  expect_error<InvalidArgument>(
      [] {
        Sequential({Input({3}),
                    Dense(2, {.name = "d", .kernel_constraint = Constraint::max_norm(1, {2})})});
      },
      "[Dense 'd'] kernel_constraint: expected axes in [-2, 2) for a weight of shape (3, 2), got "
      "axis 2.");
  expect_error<InvalidArgument>(
      [] {
        Sequential({Input({8, 8, 1}),
                    Conv2D(2, 3, {.name = "c", .bias_constraint = Constraint::unit_norm({0, 0})})});
      },
      "[Conv2D 'c'] bias_constraint: expected every axis once for a weight of shape (2,), got axis "
      "[0,0].");
}

}  // namespace
}  // namespace minnow
