#include "optim/adam.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.h"
#include "tests/expect_error.h"
#include "tests/support/oracle_updates.h"

namespace minnow {
namespace {

// Some weights with their gradients and state, as a model keeps them.
struct Weights {
  std::vector<float> w, g, m, v;

  void step(const Optimizer& optimizer, std::int64_t t, float rate) {
    const StepNumbers numbers = optimizer->begin_step(t, rate);
    optimizer->update(numbers, {.n = static_cast<std::int64_t>(w.size()),
                                .gradient = g.data(),
                                .weight = w.data(),
                                .slots = {m.data(), v.data()}});
  }
};

TEST(Adam, TakesFiveStepsByTheFormula) {
  const Adam adam({.learning_rate = 0.01F, .beta_1 = 0.75F, .beta_2 = 0.875F, .epsilon = 1e-4F});
  Weights weights{{1, -2, 0.5F}, {}, {0, 0, 0}, {0, 0, 0}};
  std::vector<test::oracle::Adam> expected(3);
  for (std::size_t i = 0; i < 3; ++i) {
    expected[i] = {.learning_rate = static_cast<double>(0.01F),
                   .beta_1 = 0.75,
                   .beta_2 = 0.875,
                   .epsilon = static_cast<double>(1e-4F),
                   .w = static_cast<double>(weights.w[i])};
  }
  for (int t = 1; t <= 5; ++t) {
    weights.g = {0.5F, static_cast<float>(t) - 3, 1e-3F * static_cast<float>(t)};
    for (std::size_t i = 0; i < 3; ++i) expected[i].step(static_cast<double>(weights.g[i]));
    weights.step(adam, t, adam->learning_rate().at(t - 1));
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(weights.w[i], expected[i].w, 1e-6) << "weight " << i << ", step " << t;
      EXPECT_NEAR(weights.m[i], expected[i].m, 1e-6);
      EXPECT_NEAR(weights.v[i], expected[i].v, 1e-6);
    }
  }
}

TEST(Adam, MovesByTheLearningRateInTheFirstStep) {
  for (const float g : {1e-2F, 1.0F, 1e3F}) {
    Weights weights{{0}, {g}, {0}, {0}};
    weights.step(Adam(), 1, 1e-3F);
    EXPECT_NEAR(weights.w[0], -1e-3, 4e-7) << g;
  }
}

TEST(Adam, LeavesWeightsWithoutGradientAlone) {
  Weights weights{{1.5F}, {0}, {0}, {0}};
  weights.step(Adam(), 1, 1e-3F);
  EXPECT_EQ(weights.w[0], 1.5F);  // the gaps between weights rely on it
}

TEST(Adam, TakesTheRateItIsHanded) {
  EXPECT_EQ(Adam({.learning_rate = 0.5F})->learning_rate().at(7), 0.5F);
  Weights weights{{0}, {1}, {0}, {0}};
  weights.step(Adam({.learning_rate = 0.5F}), 1, 0.25F);
  EXPECT_NEAR(weights.w[0], -0.25, 2e-5);
}

TEST(Adam, RoundsAsKerasDoes) {
  // Keras takes beta_2 = 0.999 from 1 as a double, but its power from a float32.
  Weights weights{{0}, {1}, {0}, {0}};
  const Adam adam;
  weights.step(adam, 1, 1.0F);
  EXPECT_EQ(weights.v[0], 0.001F);
  EXPECT_EQ(weights.m[0], 0.1F);
  EXPECT_FLOAT_EQ(adam->begin_step(1, 1.0F).values[0],
                  static_cast<float>(std::sqrt(1 - static_cast<double>(0.999F)) /
                                     (1 - static_cast<double>(0.9F))));
}

TEST(Adam, NamesItsSlots) {
  const Adam adam;
  ASSERT_EQ(adam->slots().size(), 2U);
  EXPECT_EQ(adam->slots()[0], "momentum");
  EXPECT_EQ(adam->slots()[1], "velocity");
}

TEST(Adam, WritesKerasConfig) {
  EXPECT_EQ(Adam()->config().str(),
            R"({"name":"adam","learning_rate":0.001,"weight_decay":null,"clipnorm":null,)"
            R"("global_clipnorm":null,"clipvalue":null,"use_ema":false,"ema_momentum":0.99,)"
            R"("ema_overwrite_frequency":null,"loss_scale_factor":null,)"
            R"("gradient_accumulation_steps":null,"beta_1":0.9,"beta_2":0.999,"epsilon":1e-07,)"
            R"("amsgrad":false})");
}

TEST(Adam, ComesBackFromItsConfig) {
  const Adam adam({.learning_rate = 0.25F, .beta_1 = 0.5F, .beta_2 = 0.75F, .epsilon = 0.125F});
  EXPECT_EQ(Adam::from_config(adam->config())->config(), adam->config());
  // The float32 that Keras kept, written out as a double.
  const Optimizer recorded =
      Adam::from_config(Config::object({{"learning_rate", 0.0010000000474974513}}));
  EXPECT_EQ(recorded->config(), Adam()->config());
}

TEST(Adam, RefusesSettings) {
  expect_error<InvalidArgument>([] { Adam({.learning_rate = -1}); },
                                "[Adam] learning_rate: expected a finite number above 0, got -1.");
  expect_error<InvalidArgument>([] { Adam({.learning_rate = 0}); },
                                "[Adam] learning_rate: expected a finite number above 0, got 0.");
  expect_error<InvalidArgument>([] { Adam({.learning_rate = NAN}); },
                                "[Adam] learning_rate: expected a finite number above 0, got nan.");
  expect_error<InvalidArgument>([] { Adam({.learning_rate = INFINITY}); },
                                "[Adam] learning_rate: expected a finite number above 0, got inf.");
  expect_error<InvalidArgument>([] { Adam({.beta_1 = 1}); },
                                "[Adam] beta_1: expected a number in [0, 1), got 1.");
  expect_error<InvalidArgument>([] { Adam({.beta_2 = -0.5F}); },
                                "[Adam] beta_2: expected a number in [0, 1), got -0.5.");
  expect_error<InvalidArgument>([] { Adam({.epsilon = 0}); },
                                "[Adam] epsilon: expected a finite number above 0, got 0.");
}

TEST(Adam, RefusesConfigs) {
  const auto with = [](std::string_view key, Config value) {
    Config config = Adam()->config();
    config.set(key, std::move(value));
    return Adam::from_config(config);
  };
  EXPECT_EQ(with("ema_momentum", 0.5)->config(), Adam()->config());  // means nothing without ema
  expect_error<Unimplemented>([&] { with("use_ema", true); },
                              "[Adam] 'use_ema' = true is not supported. Supported: false.");
}

}  // namespace
}  // namespace minnow
