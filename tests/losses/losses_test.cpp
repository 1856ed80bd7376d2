// The losses that compare numbers with numbers. The arithmetic is the kernels'; here it matters
// which of them is called, and how they are written down.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/graph/registry.h"
#include "core/parallel.h"
#include "losses/binary_crossentropy.h"
#include "losses/categorical_crossentropy.h"
#include "losses/categorical_hinge.h"
#include "losses/hinge.h"
#include "losses/huber.h"
#include "losses/kl_divergence.h"
#include "losses/log_cosh.h"
#include "losses/mean_absolute_error.h"
#include "losses/mean_absolute_percentage_error.h"
#include "losses/mean_squared_logarithmic_error.h"
#include "losses/poisson.h"
#include "losses/squared_hinge.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

const std::vector<float> four_outputs = {0.5F, 0.25F, 0.25F, 0.75F};
const std::vector<float> four_targets = {1, 0.5F, 0.25F, -1};

double sum_of_four(const Loss& loss, bool on_logits = false) {
  return loss->compute(
      Workers(1),
      {.rows = 2, .cols = 2, .prediction = four_outputs.data(), .targets = four_targets.data()},
      on_logits);
}

TEST(NumberLosses, AreWhatTheyAreCalled) {
  EXPECT_NEAR(sum_of_four(losses::MeanAbsoluteError()), (0.5 + 0.25) / 2 + 1.75 / 2, 1e-7);
  EXPECT_NEAR(sum_of_four(MeanAbsolutePercentageError()), 100 * ((0.5 + 0.5) / 2 + 1.75 / 2), 1e-5);
  const double logs = std::pow(std::log(2 / 1.5), 2) + std::pow(std::log(1.5 / 1.25), 2) +
                      std::pow(std::log(1.75), 2);
  EXPECT_NEAR(sum_of_four(MeanSquaredLogarithmicError()), logs / 2, 1e-6);
  EXPECT_NEAR(sum_of_four(Huber()), (0.125 + 0.03125) / 2 + 1.25 / 2, 1e-7);
  EXPECT_NEAR(sum_of_four(Huber({.delta = 0.25F})), (0.09375 + 0.03125) / 2 + 0.40625 / 2, 1e-7);
  const double cosh =
      std::log(std::cosh(0.5)) + std::log(std::cosh(0.25)) + std::log(std::cosh(1.75));
  EXPECT_NEAR(sum_of_four(LogCosh()), cosh / 2, 1e-7);
  EXPECT_NEAR(sum_of_four(Hinge()), (0.5 + 0.875) / 2 + (0.9375 + 1.75) / 2, 1e-7);
  EXPECT_NEAR(sum_of_four(SquaredHinge()),
              (0.25 + 0.765625) / 2 + (0.9375 * 0.9375 + 1.75 * 1.75) / 2, 1e-6);
  EXPECT_NEAR(sum_of_four(CategoricalHinge()), (0.125 - 0.625 + 1) + (1.5 + 0.6875 + 1), 1e-6);
  const double tiny = 1e-7F;
  EXPECT_NEAR(sum_of_four(KLDivergence()),
              std::log(2) + 0.5 * std::log(2) + tiny * std::log(tiny / 0.75), 1e-6);
  EXPECT_NEAR(sum_of_four(Poisson()),
              (0.5 - std::log(0.5) + 0.25 - 0.5 * std::log(0.25)) / 2 +
                  (0.25 - 0.25 * std::log(0.25) + 0.75 + std::log(0.75)) / 2,
              1e-6);
}

TEST(NumberLosses, TakeAnyNumbersAndNoActivation) {
  for (const auto name : {"mae", "mape", "msle", "huber", "log_cosh", "hinge", "squared_hinge",
                          "categorical_hinge", "kl_divergence", "poisson"}) {
    const Loss loss(name);
    EXPECT_EQ(loss->target_rule().kind, TargetKind::numbers) << name;
    EXPECT_FALSE(loss->target_rule().unit_interval) << name;
    EXPECT_EQ(loss->target_rule().one_hot, loss->class_name() == "CategoricalHinge") << name;
    EXPECT_EQ(loss->merges_with(), ActivationKind::linear) << name;
    EXPECT_FALSE(loss->from_logits()) << name;
    EXPECT_EQ(sum_of_four(loss), sum_of_four(make_loss(loss->class_name(), loss->config())))
        << name;
  }
}

TEST(NumberLosses, WriteAndReadKerasConfig) {
  const auto text = [](const char* name) {
    return fmt::format(R"({{"name":"{}","reduction":"sum_over_batch_size"}})", name);
  };
  EXPECT_EQ(losses::MeanAbsoluteError()->config().str(), text("mean_absolute_error"));
  EXPECT_EQ(Huber()->config().str(), text("huber_loss"));
  EXPECT_EQ(LogCosh()->config().str(), text("log_cosh"));
  EXPECT_EQ(KLDivergence()->config().str(), text("kl_divergence"));
  EXPECT_EQ(Poisson()->config().str(), text("poisson"));
  EXPECT_EQ(CategoricalHinge()->config().str(), text("categorical_hinge"));
  const Huber huber({.delta = 0.25F});
  EXPECT_EQ(huber->config()["delta"], Config(0.25));
  EXPECT_EQ(Huber::from_config(huber->config())->config(), huber->config());
}

TEST(NumberLosses, RefuseSettings) {
  expect_error<InvalidArgument>([] { Huber({.delta = 0}); },
                                "[Huber] delta: expected a finite number above 0, got 0.");
  expect_error<InvalidArgument>([] { Huber({.delta = INFINITY}); },
                                "[Huber] delta: expected a finite number above 0, got inf.");
  expect_error<Unimplemented>(
      [] {
        Poisson::from_config(Config::object({{"reduction", "sum"}}));
      },
      "[Poisson] 'reduction' = \"sum\" is not supported. Supported: \"sum_over_batch_size\".");
  expect_error<Unimplemented>(
      [] {
        LogCosh::from_config(Config::object({{"delta", 1}}));
      },
      "[LogCosh] 'delta' = 1 is not supported. Supported: no settings.");
  expect_error<InvalidArgument>(
      [] { BinaryCrossentropy({.label_smoothing = -0.5F}); },
      "[BinaryCrossentropy] label_smoothing: expected a number in [0, 1], got -0.5.");
  expect_error<InvalidArgument>(
      [] { CategoricalCrossentropy({.label_smoothing = NAN}); },
      "[CategoricalCrossentropy] label_smoothing: expected a number in [0, 1], got nan.");
}

TEST(Crossentropy, SmoothsItsTargets) {
  const std::vector<float> p = {0.5F, 0.25F, 0.25F}, t = {0, 1, 0};
  const auto value = [&](const Loss& loss) {
    return loss->compute(
        Workers(1), {.rows = 1, .cols = 3, .prediction = p.data(), .targets = t.data()}, false);
  };
  EXPECT_NEAR(value(CategoricalCrossentropy({.label_smoothing = 0.3F})),
              -0.1 * std::log(0.5) - 0.8 * std::log(0.25) - 0.1 * std::log(0.25), 1e-6);
  const double yes = 0.9, no = 0.1;
  EXPECT_NEAR(value(BinaryCrossentropy({.label_smoothing = 0.2F})),
              -(no * std::log(0.5) + yes * std::log(0.5) + yes * std::log(0.25) +
                no * std::log(0.75) + no * std::log(0.25) + yes * std::log(0.75)) /
                  3,
              1e-6);
  const CategoricalCrossentropy loss({.label_smoothing = 0.3F});
  EXPECT_EQ(loss->config()["label_smoothing"], Config(0.3));
  EXPECT_EQ(CategoricalCrossentropy::from_config(loss->config())->config(), loss->config());
}

}  // namespace
}  // namespace minnow
