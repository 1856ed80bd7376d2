// What happens around an optimizer's own arithmetic: clips, decay, schedules, its state.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "core/train/model.h"
#include "interop/checkpoint.h"
#include "layers/dense.h"
#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/cosine_decay.h"
#include "optim/nadam.h"
#include "optim/piecewise_constant_decay.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"
#include "tests/data/files.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

struct FewRows {
  Rng rng{3};
  Tensor x = normal({12, 3}, rng);
  Tensor y = normal({12, 2}, rng);
};

Sequential two_layers(const Optimizer& optimizer, int threads = 1) {
  Sequential model({Input({3}), Dense(4, {.activation = "tanh"}), Dense(2)},
                   {.seed = 5, .threads = threads});
  model.compile({.optimizer = optimizer, .loss = "mse"});
  return model;
}

// The gradients of the first step, by plain descent with rate 1.
std::vector<std::vector<double>> gradients(const FewRows& data) {
  Sequential model = two_layers(SGD({.learning_rate = 1}));
  const std::vector<Tensor> start = model.get_weights();
  model.train_on_batch(data.x, data.y);
  const std::vector<Tensor> moved = model.get_weights();
  std::vector<std::vector<double>> all;
  for (std::size_t w = 0; w < start.size(); ++w) {
    auto& g = all.emplace_back();
    for (std::size_t i = 0; i < start[w].values<float>().size(); ++i) {
      g.push_back(static_cast<double>(start[w].values<float>()[i]) -
                  static_cast<double>(moved[w].values<float>()[i]));
    }
  }
  return all;
}

double norm_of(const std::vector<double>& g) {
  double sum = 0;
  for (const double v : g) sum += v * v;
  return std::sqrt(sum);
}

// One step of descent with these options against what is taken from each weight.
template <class Change>
void takes(const SGDOptions& options, const FewRows& data, Change change) {
  Sequential model = two_layers(SGD(options));
  const std::vector<Tensor> start = model.get_weights();
  const auto all = gradients(data);
  model.train_on_batch(data.x, data.y);
  const std::vector<Tensor> moved = model.get_weights();
  for (std::size_t w = 0; w < start.size(); ++w) {
    for (std::size_t i = 0; i < all[w].size(); ++i) {
      const double before = start[w].values<float>()[i];
      EXPECT_NEAR(moved[w].values<float>()[i], before - change(all[w], i, before), 3e-6)
          << model.named_weights()[w].name << "[" << i << "]";
    }
  }
}

TEST(BeforeUpdate, ClipsEachGradientByItsNorm) {
  const FewRows data;
  const double most = 0.3;
  const auto all = gradients(data);
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](auto& g) { return norm_of(g) < most; }));
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](auto& g) { return norm_of(g) > most; }));
  takes({.learning_rate = 0.5F, .clipnorm = 0.3F}, data,
        [&](const std::vector<double>& g, std::size_t i, double) {
          return 0.5 * g[i] * most / std::max(norm_of(g), most);
        });
}

TEST(BeforeUpdate, ClipsAllGradientsByTheirCommonNorm) {
  const FewRows data;
  double square = 0;
  for (const auto& g : gradients(data)) square += norm_of(g) * norm_of(g);
  for (const double most : {0.3, 1e6}) {
    const double factor = std::min(1.0, most / std::sqrt(square));
    takes({.learning_rate = 0.5F, .global_clipnorm = static_cast<float>(most)}, data,
          [&](const std::vector<double>& g, std::size_t i, double) { return 0.5 * g[i] * factor; });
  }
}

TEST(BeforeUpdate, ClipsEachNumber) {
  takes({.learning_rate = 0.5F, .clipvalue = 0.05F}, FewRows(),
        [](const std::vector<double>& g, std::size_t i, double) {
          return 0.5 * std::clamp(g[i], -0.05, 0.05);
        });
}

TEST(BeforeUpdate, AClipOfZeroIsNone) {
  takes({.learning_rate = 0.5F, .clipnorm = 0.0F}, FewRows(),
        [](const std::vector<double>& g, std::size_t i, double) { return 0.5 * g[i]; });
}

TEST(BeforeUpdate, AllTrainedWeightsDecayBeforeTheStep) {
  takes({.learning_rate = 0.5F, .weight_decay = 0.25F}, FewRows(),
        [](const std::vector<double>& g, std::size_t i, double before) {
          return before * 0.25 * 0.5 + 0.5 * g[i];
        });
}

TEST(BeforeUpdate, GivesTheSameBitsForAnyNumberOfThreads) {
  Rng rng(6);
  const Tensor x = normal({64, 200}, rng), y = normal({64, 100}, rng);
  const auto trained = [&](int threads) {
    Sequential model({Input({200}),
                      Dense(300, {.kernel_regularizer = Regularizer::l1_l2(0.01F, 0.01F),
                                  .kernel_constraint = "max_norm"}),
                      Dense(100)},
                     {.seed = 5, .threads = threads});
    model.compile({.optimizer = Adam({.weight_decay = 0.01F, .global_clipnorm = 0.5F}),
                   .loss = "huber",
                   .metrics = {"mse", "mae"}});
    model.fit(x, y, {.epochs = 2, .batch_size = 24});
    return model;
  };
  const Sequential alone = trained(1);
  for (const int threads : {2, 3}) {
    const Sequential model = trained(threads);
    for (std::size_t w = 0; w < 4; ++w) {
      EXPECT_TRUE(same_bits(model.get_weights()[w], alone.get_weights()[w]));
    }
    EXPECT_EQ(model.progress().history, alone.progress().history);
  }
}

TEST(Schedule, IsFollowedStepByStep) {
  const FewRows data;
  Sequential model = two_layers(SGD({.learning_rate = PiecewiseConstantDecay({1}, {0.5F, 0.25F})}));
  Sequential by_hand = two_layers(SGD({.learning_rate = 0.5F}));
  for (const float rate : {0.5F, 0.5F, 0.25F, 0.25F}) {
    EXPECT_EQ(model.learning_rate(), rate);
    by_hand.set_learning_rate(rate);
    model.train_on_batch(data.x, data.y);
    by_hand.train_on_batch(data.x, data.y);
  }
  EXPECT_TRUE(same_bits(model.get_weights()[0], by_hand.get_weights()[0]));
  expect_error<FailedPrecondition>(
      [&] { model.set_learning_rate(0.5F); },
      "[set_learning_rate] expected an optimizer with a number as its learning rate, got one with "
      "the schedule PiecewiseConstantDecay. Compile with a number.");
}

TEST(OptimizerState, BeginsWithItsFirstValues) {
  const FewRows data;
  Sequential model = two_layers(SGD({.learning_rate = 0.1F, .momentum = 0.5F}));
  model.train_on_batch(data.x, data.y);
  model.compile({.optimizer = Adagrad({.learning_rate = 0.1F, .initial_accumulator_value = 0.5F}),
                 .loss = "mse"});
  EXPECT_TRUE(model.optimizer_state().empty());
  const std::vector<Tensor> start = model.get_weights();
  model.train_on_batch(data.x, data.y);
  for (const NamedTensor& state : model.optimizer_state()) {
    EXPECT_TRUE(state.name.ends_with("/accumulator"));
    for (const float v : state.value.values<float>()) EXPECT_GE(v, 0.5F);
  }
}

TEST(OptimizerState, TravelsWithACheckpointWhateverTheOptimizer) {
  const testing::TemporaryFolder folder;
  const FewRows data;
  const Optimizer all[] = {
      RMSprop({.learning_rate = 0.01F, .momentum = 0.5F, .centered = true}),
      Adagrad({.learning_rate = 0.05F}), Nadam({.learning_rate = 0.01F, .clipnorm = 0.1F}),
      Adam({.learning_rate = CosineDecay(0.05F, 10), .amsgrad = true, .weight_decay = 0.01F}),
      Optimizer("adamw")};
  for (const Optimizer& optimizer : all) {
    SCOPED_TRACE(std::string(optimizer->class_name()));
    Sequential whole = two_layers(optimizer);
    for (int i = 0; i < 3; ++i) whole.train_on_batch(data.x, data.y);
    save_checkpoint(folder / "c", whole);
    Model again = load_checkpoint(folder / "c");
    EXPECT_EQ(again.learning_rate(), whole.learning_rate());
    for (int i = 0; i < 3; ++i) {
      whole.train_on_batch(data.x, data.y);
      again.train_on_batch(data.x, data.y);
    }
    const auto expected = whole.optimizer_state(), state = again.optimizer_state();
    ASSERT_EQ(state.size(), 4 * optimizer->slots().size());
    for (std::size_t i = 0; i < state.size(); ++i) {
      EXPECT_EQ(state[i].name, expected[i].name);
      EXPECT_TRUE(same_bits(state[i].value, expected[i].value)) << state[i].name;
    }
    for (std::size_t w = 0; w < 4; ++w) {
      EXPECT_TRUE(same_bits(again.get_weights()[w], whole.get_weights()[w]));
    }
  }
}

}  // namespace
}  // namespace minnow
