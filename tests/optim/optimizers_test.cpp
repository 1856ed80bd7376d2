// RMSprop, AdamW, Adagrad, Nadam, and what all optimizers share: decay, clips, schedules.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/adamw.h"
#include "optim/cosine_decay.h"
#include "optim/exponential_decay.h"
#include "optim/nadam.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"
#include "tests/expect_error.h"
#include "tests/support/oracle_updates.h"

namespace minnow {
namespace {

// Some weights under an optimizer for five steps, beside an oracle for each.
template <class Oracle>
void follows(const Optimizer& optimizer, const Oracle& oracle, double tolerance) {
  std::vector<float> w = {1, -2, 0.5F};
  std::vector<Oracle> expected(3, oracle);
  for (std::size_t i = 0; i < 3; ++i) expected[i].w = w[i];
  std::vector<std::vector<float>> slots;
  for (std::size_t s = 0; s < optimizer->slots().size(); ++s) {
    slots.emplace_back(3, optimizer->first_value(s));
  }
  for (int t = 1; t <= 5; ++t) {
    const std::vector<float> g = {0.5F, static_cast<float>(t) - 3, 1e-2F * static_cast<float>(t)};
    WeightRange range{.n = 3, .gradient = g.data(), .weight = w.data()};
    for (std::size_t s = 0; s < slots.size(); ++s) range.slots[s] = slots[s].data();
    optimizer->update(optimizer->begin_step(t, optimizer->learning_rate().at(0)), range);
    for (std::size_t i = 0; i < 3; ++i) {
      expected[i].step(g[i]);
      EXPECT_NEAR(w[i], expected[i].w, tolerance) << "weight " << i << ", step " << t;
    }
  }
}

TEST(RMSprop, TakesFiveStepsByTheFormula) {
  using test::oracle::RMSprop;
  follows(minnow::RMSprop({.learning_rate = 0.01F}), RMSprop{.learning_rate = 0.01}, 1e-6);
  follows(minnow::RMSprop({.learning_rate = 0.01F, .rho = 0.75F, .momentum = 0.5F}),
          RMSprop{.learning_rate = 0.01, .rho = 0.75, .momentum = 0.5}, 1e-6);
  follows(minnow::RMSprop({.learning_rate = 0.01F, .epsilon = 1e-2F, .centered = true}),
          RMSprop{.learning_rate = 0.01, .epsilon = 1e-2, .centered = true}, 1e-6);
  follows(minnow::RMSprop(
              {.learning_rate = 0.01F, .momentum = 0.5F, .epsilon = 1e-2F, .centered = true}),
          RMSprop{.learning_rate = 0.01, .momentum = 0.5, .epsilon = 1e-2, .centered = true}, 1e-6);
}

TEST(Adagrad, TakesFiveStepsByTheFormula) {
  using test::oracle::Adagrad;
  follows(minnow::Adagrad({.learning_rate = 0.1F}), Adagrad{.learning_rate = 0.1}, 1e-6);
  follows(
      minnow::Adagrad({.learning_rate = 0.1F, .initial_accumulator_value = 0.5F, .epsilon = 0.25F}),
      Adagrad{.learning_rate = 0.1, .accumulator = 0.5, .epsilon = 0.25}, 1e-6);
}

TEST(Nadam, TakesFiveStepsByTheFormula) {
  using test::oracle::Nadam;
  follows(minnow::Nadam({.learning_rate = 0.01F}), Nadam{.learning_rate = 0.01}, 2e-6);
  follows(
      minnow::Nadam({.learning_rate = 0.01F, .beta_1 = 0.5F, .beta_2 = 0.75F, .epsilon = 0.125F}),
      Nadam{.learning_rate = 0.01, .beta_1 = 0.5, .beta_2 = 0.75, .epsilon = 0.125}, 1e-6);
}

TEST(Nadam, FarFromTheStartIsWithoutCorrections) {
  const StepNumbers numbers = Nadam()->begin_step(1'000'000'000, 0.5F);
  EXPECT_FLOAT_EQ(numbers.values[1], 0.9F);
  EXPECT_FLOAT_EQ(numbers.values[2], 0.1F);
  EXPECT_FLOAT_EQ(numbers.values[3], 1.0F);
}

TEST(AdamW, IsAdamBesidesItsDecay) {
  using test::oracle::Adam;
  follows(AdamW({.learning_rate = 0.01F}), Adam{.learning_rate = 0.01}, 1e-6);
  follows(AdamW({.learning_rate = 0.01F, .beta_2 = 0.75F, .amsgrad = true}),
          Adam{.learning_rate = 0.01, .beta_2 = 0.75, .amsgrad = true}, 1e-6);
  EXPECT_EQ(AdamW()->before_update().weight_decay, 0.004F);
  EXPECT_EQ(Adam().learning_rate, 1e-3);
}

TEST(Optimizers, NameTheirSlots) {
  const auto names = [](const Optimizer& optimizer) {
    return std::vector<std::string_view>(optimizer->slots().begin(), optimizer->slots().end());
  };
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(names(Adam({.amsgrad = true})), (Names{"momentum", "velocity", "velocity_hat"}));
  EXPECT_EQ(names(AdamW()), (Names{"momentum", "velocity"}));
  EXPECT_EQ(names(Nadam()), (Names{"momentum", "velocity"}));
  EXPECT_EQ(names(Adagrad()), (Names{"accumulator"}));
  EXPECT_EQ(names(RMSprop()), (Names{"velocity"}));
  EXPECT_EQ(names(RMSprop({.momentum = 0.5F})), (Names{"velocity", "momentum"}));
  EXPECT_EQ(names(RMSprop({.centered = true})), (Names{"velocity", "average_gradient"}));
  EXPECT_EQ(names(RMSprop({.momentum = 0.5F, .centered = true})),
            (Names{"velocity", "momentum", "average_gradient"}));
  EXPECT_EQ(Adagrad({.initial_accumulator_value = 0.25F})->first_value(0), 0.25F);
  EXPECT_EQ(Adam()->first_value(0), 0);
}

TEST(Optimizers, WriteKerasConfig) {
  const auto text = [](const char* name, const char* decay, const std::string& own) {
    return fmt::format(
        R"({{"name":"{}","learning_rate":0.001,"weight_decay":{},"clipnorm":null,)"
        R"("global_clipnorm":null,"clipvalue":null,"use_ema":false,"ema_momentum":0.99,)"
        R"("ema_overwrite_frequency":null,"loss_scale_factor":null,)"
        R"("gradient_accumulation_steps":null,{}}})",
        name, decay, own);
  };
  EXPECT_EQ(
      RMSprop()->config().str(),
      text("rm_sprop", "null", R"("rho":0.9,"momentum":0.0,"epsilon":1e-07,"centered":false)"));
  EXPECT_EQ(
      AdamW()->config().str(),
      text("adam_w", "0.004", R"("beta_1":0.9,"beta_2":0.999,"epsilon":1e-07,"amsgrad":false)"));
  EXPECT_EQ(Adagrad()->config().str(),
            text("adagrad", "null", R"("initial_accumulator_value":0.1,"epsilon":1e-07)"));
  EXPECT_EQ(Nadam()->config().str(),
            text("nadam", "null", R"("beta_1":0.9,"beta_2":0.999,"epsilon":1e-07)"));
}

TEST(Optimizers, ComeBackFromTheirConfig) {
  const Optimizer all[] = {
      Adam({.amsgrad = true, .weight_decay = 0.25F, .clipnorm = 2.0F}),
      AdamW({.weight_decay = 0.5F, .beta_1 = 0.5F, .clipvalue = 0.125F}),
      Adagrad({.initial_accumulator_value = 0, .weight_decay = 0.0F}),
      Nadam({.beta_2 = 0.5F, .global_clipnorm = 0.5F}),
      RMSprop({.rho = 0.5F, .momentum = 0.25F, .epsilon = 0.125F, .centered = true}),
      SGD({.momentum = 0.5F, .weight_decay = 1e-4F}),
      SGD({.learning_rate = ExponentialDecay(0.5F, 10, 0.25F)})};
  for (const Optimizer& optimizer : all) {
    const Optimizer again = [&]() -> Optimizer {
      const Config config = optimizer->config();
      const std::string_view name = optimizer->class_name();
      if (name == "Adam") return Adam::from_config(config);
      if (name == "AdamW") return AdamW::from_config(config);
      if (name == "Adagrad") return Adagrad::from_config(config);
      if (name == "Nadam") return Nadam::from_config(config);
      if (name == "RMSprop") return RMSprop::from_config(config);
      return SGD::from_config(config);
    }();
    EXPECT_EQ(again->class_name(), optimizer->class_name());
    EXPECT_EQ(again->config(), optimizer->config());
  }
}

TEST(Optimizers, WriteTheirScheduleAsKerasDoes) {
  const Config config = Adam({.learning_rate = CosineDecay(0.5F, 10)})->config();
  EXPECT_EQ(config["learning_rate"].str(),
            R"({"module":"keras.optimizers.schedules","class_name":"CosineDecay",)"
            R"("config":{"initial_learning_rate":0.5,"decay_steps":10,"alpha":0.0,)"
            R"("name":"CosineDecay","warmup_target":null,"warmup_steps":0},)"
            R"("registered_name":null})");
  expect_error<Unimplemented>(
      [] {
        SGD::from_config(
            Config::object({{"learning_rate", Config::object({{"class_name", "CyclicDecay"}})}}));
      },
      "[CyclicDecay] this schedule is not supported. Supported: CosineDecay, CosineDecayRestarts, "
      "ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay.");
  expect_error<InvalidArgument>(
      [] {
        SGD::from_config(Config::object({{"learning_rate", Config::object({{"a", 1}})}}));
      },
      "[SGD] learning_rate: expected a number or an object with a class_name, got {\"a\":1}.");
}

TEST(Optimizers, RefuseSettings) {
  expect_error<InvalidArgument>([] { RMSprop({.rho = 1}); },
                                "[RMSprop] rho: expected a number in [0, 1), got 1.");
  expect_error<InvalidArgument>([] { RMSprop({.momentum = -1}); },
                                "[RMSprop] momentum: expected a number in [0, 1), got -1.");
  expect_error<InvalidArgument>([] { RMSprop({.epsilon = 0}); },
                                "[RMSprop] epsilon: expected a finite number above 0, got 0.");
  expect_error<InvalidArgument>([] { RMSprop({.learning_rate = -1.0F}); },
                                "[RMSprop] learning_rate: expected a finite number above 0, got "
                                "-1.");
  expect_error<InvalidArgument>(
      [] { Adagrad({.initial_accumulator_value = -1}); },
      "[Adagrad] initial_accumulator_value: expected a finite number of at least 0, got -1.");
  expect_error<InvalidArgument>([] { Adagrad({.epsilon = -1}); },
                                "[Adagrad] epsilon: expected a finite number above 0, got -1.");
  expect_error<InvalidArgument>([] { Nadam({.beta_1 = 1}); },
                                "[Nadam] beta_1: expected a number in [0, 1), got 1.");
  expect_error<InvalidArgument>([] { Nadam({.beta_2 = 2}); },
                                "[Nadam] beta_2: expected a number in [0, 1), got 2.");
  expect_error<InvalidArgument>([] { Nadam({.epsilon = NAN}); },
                                "[Nadam] epsilon: expected a finite number above 0, got nan.");
  expect_error<InvalidArgument>([] { AdamW({.beta_1 = 1}); },
                                "[AdamW] beta_1: expected a number in [0, 1), got 1.");
  expect_error<InvalidArgument>([] { AdamW({.weight_decay = std::nullopt}); },
                                "[AdamW] weight_decay: expected a finite number of at least 0, got "
                                "none. Without weight decay it is Adam.");
  expect_error<InvalidArgument>(
      [] { SGD({.weight_decay = -0.5F}); },
      "[SGD] weight_decay: expected a finite number of at least 0, got -0.5.");
  expect_error<InvalidArgument>(
      [] { SGD({.clipvalue = INFINITY}); },
      "[SGD] clipvalue: expected a finite number of at least 0, got inf.");
  expect_error<InvalidArgument>(
      [] { SGD({.clipnorm = 1.0F, .global_clipnorm = 1.0F}); },
      "[SGD] expected at most one of clipnorm, clipvalue and global_clipnorm, got 2.");
  for (const auto key : {"loss_scale_factor", "gradient_accumulation_steps"}) {
    expect_error<Unimplemented>(
        [&] {
          Nadam::from_config(Config::object({{key, 2}}));
        },
        fmt::format("[Nadam] '{}' = 2 is not supported. Supported: null.", key));
  }
  expect_error<Unimplemented>(
      [] {
        RMSprop::from_config(Config::object({{"use_ema", true}}));
      },
      "[RMSprop] 'use_ema' = true is not supported. Supported: false.");
}

}  // namespace
}  // namespace minnow
