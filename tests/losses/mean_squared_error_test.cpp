#include "losses/mean_squared_error.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

TEST(MeanSquaredError, IsTheMeanOverTheLastAxisOfEachRow) {
  const std::vector<float> prediction = {1, 2, 3, 4}, targets = {0, 0, 3, 2}, weights = {2, 1};
  std::vector<float> delta(4);
  const MeanSquaredError loss;
  const double sum = loss->compute(Workers(1),
                                   {.rows = 2,
                                    .cols = 2,
                                    .prediction = prediction.data(),
                                    .targets = targets.data(),
                                    .weights = weights.data(),
                                    .scale = 0.5F,
                                    .delta = delta.data()},
                                   false);
  EXPECT_EQ(sum, 2 * 2.5 + 1 * 2.0);
  EXPECT_EQ(delta, (std::vector<float>{1, 2, 0, 1}));
}

TEST(MeanSquaredError, TakesAnyNumbersAndNoActivation) {
  const TargetRule rule = MeanSquaredError()->target_rule();
  EXPECT_EQ(rule.kind, TargetKind::numbers);
  EXPECT_FALSE(rule.one_hot || rule.unit_interval);
  EXPECT_EQ(MeanSquaredError()->merges_with(), ActivationKind::linear);
  EXPECT_FALSE(MeanSquaredError()->from_logits());
}

TEST(MeanSquaredError, WritesAndReadsKerasConfig) {
  const Config config = MeanSquaredError()->config();
  EXPECT_EQ(config.str(), R"({"name":"mean_squared_error","reduction":"sum_over_batch_size"})");
  EXPECT_EQ(MeanSquaredError::from_config(config)->class_name(), "MeanSquaredError");
  expect_error<Unimplemented>(
      [] {
        MeanSquaredError::from_config(Config::object({{"from_logits", true}}));
      },
      "[MeanSquaredError] 'from_logits' = true is not supported. Supported: no settings.");
}

}  // namespace
}  // namespace minnow
