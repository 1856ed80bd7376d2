#include "optim/sgd.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.h"
#include "tests/expect_error.h"
#include "tests/support/oracle_updates.h"

namespace minnow {
namespace {

void follows_the_formula(const SGDOptions& options) {
  const SGD sgd(options);
  std::vector<float> w = {1, -2, 0.5F}, velocity = {0, 0, 0};
  std::vector<test::oracle::Momentum> expected(3);
  for (std::size_t i = 0; i < 3; ++i) {
    expected[i] = {.learning_rate = static_cast<double>(options.learning_rate.at(0)),
                   .momentum = static_cast<double>(options.momentum),
                   .nesterov = options.nesterov,
                   .w = static_cast<double>(w[i])};
  }
  for (int t = 1; t <= 5; ++t) {
    const std::vector<float> g = {0.5F, static_cast<float>(t) - 3, 10};
    for (std::size_t i = 0; i < 3; ++i) expected[i].step(static_cast<double>(g[i]));
    const StepNumbers numbers = sgd->begin_step(t, sgd->learning_rate().at(t - 1));
    WeightRange range{.n = 3, .gradient = g.data(), .weight = w.data()};
    if (!sgd->slots().empty()) range.slots[0] = velocity.data();
    sgd->update(numbers, range);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(w[i], expected[i].w, 2e-6) << "weight " << i << ", step " << t;
    }
  }
}

TEST(SGD, TakesFiveStepsByTheFormula) { follows_the_formula({.learning_rate = 0.05F}); }

TEST(SGD, TakesFiveStepsWithMomentum) {
  follows_the_formula({.learning_rate = 0.05F, .momentum = 0.9F});
}

TEST(SGD, TakesFiveStepsWithNesterov) {
  follows_the_formula({.learning_rate = 0.05F, .momentum = 0.9F, .nesterov = true});
}

TEST(SGD, NesterovWithoutMomentumIsPlain) {
  follows_the_formula({.learning_rate = 0.05F, .nesterov = true});
}

TEST(SGD, KeepsAVelocityOnlyWithMomentum) {
  EXPECT_TRUE(SGD()->slots().empty());
  const SGD sgd({.momentum = 0.5F});
  ASSERT_EQ(sgd->slots().size(), 1U);
  EXPECT_EQ(sgd->slots()[0], "momentum");
}

TEST(SGD, WritesAndReadsKerasConfig) {
  const SGD sgd({.learning_rate = 0.05F, .momentum = 0.9F, .nesterov = true});
  EXPECT_EQ(sgd->config().str(),
            R"({"name":"SGD","learning_rate":0.05,"weight_decay":null,"clipnorm":null,)"
            R"("global_clipnorm":null,"clipvalue":null,"use_ema":false,"ema_momentum":0.99,)"
            R"("ema_overwrite_frequency":null,"loss_scale_factor":null,)"
            R"("gradient_accumulation_steps":null,"momentum":0.9,"nesterov":true})");
  EXPECT_EQ(SGD::from_config(sgd->config())->config(), sgd->config());
  EXPECT_EQ(SGD::from_config({})->config(), SGD()->config());
  EXPECT_EQ(SGD()->learning_rate().at(0), 0.01F);
}

TEST(SGD, RefusesSettings) {
  expect_error<InvalidArgument>([] { SGD({.learning_rate = NAN}); },
                                "[SGD] learning_rate: expected a finite number above 0, got nan.");
  expect_error<InvalidArgument>([] { SGD({.momentum = 1}); },
                                "[SGD] momentum: expected a number in [0, 1), got 1.");
  expect_error<InvalidArgument>([] { SGD({.momentum = NAN}); },
                                "[SGD] momentum: expected a number in [0, 1), got nan.");
  expect_error<Unimplemented>(
      [] {
        SGD::from_config(Config::object({{"use_ema", true}}));
      },
      "[SGD] 'use_ema' = true is not supported. Supported: false.");
}

}  // namespace
}  // namespace minnow
