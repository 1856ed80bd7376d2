// The learning rate schedules. Keras's own values at many steps are in the golden tests.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/graph/registry.h"
#include "optim/cosine_decay.h"
#include "optim/cosine_decay_restarts.h"
#include "optim/exponential_decay.h"
#include "optim/inverse_time_decay.h"
#include "optim/piecewise_constant_decay.h"
#include "optim/polynomial_decay.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

TEST(Schedules, AreTheirFormulas) {
  const ExponentialDecay smooth(1, 4, 0.0625F), stairs(1, 4, 0.0625F, {.staircase = true});
  EXPECT_FLOAT_EQ(smooth->at(0), 1);
  EXPECT_FLOAT_EQ(smooth->at(2), 0.25F);
  EXPECT_FLOAT_EQ(stairs->at(3), 1);
  EXPECT_FLOAT_EQ(stairs->at(4), 0.0625F);
  const InverseTimeDecay inverse(1, 2, 0.5F);
  EXPECT_FLOAT_EQ(inverse->at(4), 0.5F);
  EXPECT_FLOAT_EQ(InverseTimeDecay(1, 2, 0.5F, {.staircase = true})->at(5), 0.5F);
  const PolynomialDecay line(1, 10, {.end_learning_rate = 0.5F});
  EXPECT_FLOAT_EQ(line->at(5), 0.75F);
  EXPECT_FLOAT_EQ(line->at(1000), 0.5F);
  const PolynomialDecay again(1, 10, {.end_learning_rate = 0.5F, .power = 2, .cycle = true});
  EXPECT_FLOAT_EQ(again->at(0), 1);
  EXPECT_FLOAT_EQ(again->at(10), 0.5F);
  EXPECT_FLOAT_EQ(again->at(15), 0.5F + 0.5F / 16);  // three quarters of 20
  const PiecewiseConstantDecay pieces({2, 5}, {1, 0.5F, 0.25F});
  EXPECT_EQ(pieces->at(0), 1);
  EXPECT_EQ(pieces->at(2), 1);
  EXPECT_EQ(pieces->at(3), 0.5F);
  EXPECT_EQ(pieces->at(5), 0.5F);
  EXPECT_EQ(pieces->at(6), 0.25F);
}

TEST(Schedules, CosinesFallAndRiseAsTheySay) {
  const CosineDecay half(1, 10, {.alpha = 0.5F});
  EXPECT_FLOAT_EQ(half->at(0), 1);
  EXPECT_FLOAT_EQ(half->at(5), 0.75F);
  EXPECT_FLOAT_EQ(half->at(11), 0.5F);
  const CosineDecay warm(0.25F, 10, {.warmup_target = 1.0F, .warmup_steps = 3});
  EXPECT_FLOAT_EQ(warm->at(0), 0.25F);
  EXPECT_FLOAT_EQ(warm->at(2), 0.75F);
  EXPECT_FLOAT_EQ(warm->at(3), 1);
  EXPECT_FLOAT_EQ(warm->at(8), 0.5F);
  EXPECT_NEAR(warm->at(13), 0, 1e-7);
  const CosineDecayRestarts restarts(1, 2, {.t_mul = 2, .m_mul = 0.5F});
  EXPECT_FLOAT_EQ(restarts->at(1), 0.5F);
  EXPECT_FLOAT_EQ(restarts->at(2), 0.5F);  // the second period, half as high, of 4 steps
  EXPECT_FLOAT_EQ(restarts->at(4), 0.25F);
  EXPECT_FLOAT_EQ(restarts->at(6), 0.25F);  // the third, of 8
  EXPECT_FLOAT_EQ(CosineDecayRestarts(1, 2, {.t_mul = 1})->at(201), 0.5F);
}

const LearningRateSchedule all_of_them[] = {
    ExponentialDecay(0.5F, 4, 0.25F, {.staircase = true}),
    InverseTimeDecay(0.5F, 4, 0.25F),
    PolynomialDecay(0.5F, 4, {.end_learning_rate = 0, .power = 0.5F, .cycle = true}),
    CosineDecay(0.5F, 4),
    CosineDecay(0, 4, {.alpha = 0.25F, .warmup_target = 0.5F, .warmup_steps = 2}),
    CosineDecayRestarts(0.5F, 4, {.t_mul = 1.5F, .m_mul = 0.75F, .alpha = 0.125F}),
    PiecewiseConstantDecay({1, 2}, {3, 2, 1})};

TEST(Schedules, ComeBackFromTheirConfig) {
  for (const LearningRateSchedule& schedule : all_of_them) {
    const LearningRateSchedule again = make_schedule(schedule->class_name(), schedule->config());
    EXPECT_EQ(again->class_name(), schedule->class_name());
    EXPECT_EQ(again->config(), schedule->config());
  }
}

TEST(Schedules, StayFiniteForAnyStep) {
  for (const LearningRateSchedule& schedule : all_of_them) {
    for (const std::int64_t step : {std::int64_t{0}, std::int64_t{1} << 40, never}) {
      EXPECT_TRUE(std::isfinite(schedule->at(step))) << schedule->class_name() << " " << step;
      EXPECT_GE(schedule->at(step), 0) << schedule->class_name() << " " << step;
    }
  }
}

TEST(Schedules, WriteKerasConfig) {
  EXPECT_EQ(ExponentialDecay(0.1F, 10, 0.5F)->config().str(),
            R"({"initial_learning_rate":0.1,"decay_steps":10,"decay_rate":0.5,"staircase":false,)"
            R"("name":"ExponentialDecay"})");
  EXPECT_EQ(InverseTimeDecay(0.1F, 10, 0.5F)->config().str(),
            R"({"initial_learning_rate":0.1,"decay_steps":10,"decay_rate":0.5,"staircase":false,)"
            R"("name":"InverseTimeDecay"})");
  EXPECT_EQ(PolynomialDecay(0.1F, 10)->config().str(),
            R"({"initial_learning_rate":0.1,"decay_steps":10,"end_learning_rate":0.0001,)"
            R"("power":1.0,"cycle":false,"name":"PolynomialDecay"})");
  EXPECT_EQ(CosineDecayRestarts(0.1F, 10)->config().str(),
            R"({"initial_learning_rate":0.1,"first_decay_steps":10,"t_mul":2.0,"m_mul":1.0,)"
            R"("alpha":0.0,"name":"SGDRDecay"})");
  EXPECT_EQ(PiecewiseConstantDecay({3, 5}, {0.1F, 0.2F, 0.3F})->config().str(),
            R"({"boundaries":[3,5],"values":[0.1,0.2,0.3],"name":"PiecewiseConstant"})");
}

TEST(Schedules, RefuseSettings) {
  expect_error<InvalidArgument>([] { ExponentialDecay(0.1F, 0, 0.5F); },
                                "[ExponentialDecay] decay_steps: expected at least 1, got 0.");
  expect_error<InvalidArgument>([] { InverseTimeDecay(-0.5F, 1, 0.5F); },
                                "[InverseTimeDecay] initial_learning_rate: expected a finite "
                                "number of at least 0, got -0.5.");
  expect_error<InvalidArgument>(
      [] { PolynomialDecay(1, 1, {.power = NAN}); },
      "[PolynomialDecay] power: expected a finite number of at least 0, got nan.");
  expect_error<InvalidArgument>(
      [] { CosineDecay(1, 1, {.warmup_target = 1.0F, .warmup_steps = -1}); },
      "[CosineDecay] warmup_steps: expected at least 0, got -1.");
  expect_error<InvalidArgument>(
      [] { CosineDecayRestarts(1, 1, {.t_mul = 0.5F}); },
      "[CosineDecayRestarts] t_mul: expected a finite number of at least 1, got 0.5.");
  expect_error<InvalidArgument>(
      [] {
        PiecewiseConstantDecay({1, 2}, {1, 2});
      },
      "[PiecewiseConstantDecay] values: expected one more than the 2 boundaries, got 2.");
  expect_error<InvalidArgument>(
      [] {
        PiecewiseConstantDecay({2, 1}, {1, 2, 3});
      },
      "[PiecewiseConstantDecay] boundaries: expected ascending steps, got 2, 1.");
  expect_error<InvalidArgument>(
      [] { PiecewiseConstantDecay({}, {1}); },
      "[PiecewiseConstantDecay] boundaries: expected at least one boundary, got none.");
  expect_error<InvalidArgument>(
      [] {
        make_schedule("CosineDecay", Config::object({{"decay_steps", 3}}));
      },
      "[CosineDecay] initial_learning_rate: expected a number, got null.");
  expect_error<Unimplemented>(
      [] {
        make_schedule("CosineDecay",
                      Config::object({{"initial_learning_rate", 1}, {"decay_steps", 3}, {"a", 1}}));
      },
      "[CosineDecay] 'a' = 1 is not supported. Supported: alpha, decay_steps, "
      "initial_learning_rate, warmup_steps, warmup_target.");
}

}  // namespace
}  // namespace minnow
