// SparseCategoricalCrossentropy, CategoricalCrossentropy and BinaryCrossentropy. The arithmetic is
// the kernels'; here it matters which of them is called.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/error.h"
#include "core/parallel.h"
#include "losses/binary_crossentropy.h"
#include "losses/categorical_crossentropy.h"
#include "losses/sparse_categorical_crossentropy.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

const std::vector<float> probabilities = {0.5F, 0.25F, 0.25F, 0.125F, 0.75F, 0.125F};
const std::vector<std::int32_t> labels = {0, 1};
const std::vector<float> one_hot = {1, 0, 0, 0, 1, 0};

std::vector<float> logs(std::vector<float> p) {
  for (float& v : p) v = std::log(v) + 3;  // a softmax takes no notice of the 3
  return p;
}

double sum_of(const Loss& loss, const std::vector<float>& prediction, bool on_logits) {
  const bool sparse = loss->target_rule().kind == TargetKind::labels;
  return loss->compute(Workers(1),
                       {.rows = 2,
                        .cols = 3,
                        .prediction = prediction.data(),
                        .labels = sparse ? labels.data() : nullptr,
                        .targets = sparse ? nullptr : one_hot.data()},
                       on_logits);
}

TEST(SparseCategoricalCrossentropy, IsMinusTheLogOfTheLabelsProbability) {
  const double expected = -std::log(0.5) - std::log(0.75);
  const SparseCategoricalCrossentropy loss;
  EXPECT_NEAR(sum_of(loss, probabilities, false), expected, 1e-6);
  EXPECT_NEAR(sum_of(loss, logs(probabilities), true), expected, 1e-6);
  EXPECT_NEAR(
      sum_of(SparseCategoricalCrossentropy({.from_logits = true}), logs(probabilities), false),
      expected, 1e-6);
}

TEST(CategoricalCrossentropy, IsTheSameForOneHotTargets) {
  const double expected = -std::log(0.5) - std::log(0.75);
  const CategoricalCrossentropy loss;
  EXPECT_NEAR(sum_of(loss, probabilities, false), expected, 1e-6);
  EXPECT_NEAR(sum_of(loss, logs(probabilities), true), expected, 1e-6);
  EXPECT_NEAR(sum_of(CategoricalCrossentropy({.from_logits = true}), logs(probabilities), false),
              expected, 1e-6);
}

TEST(BinaryCrossentropy, IsTheMeanOverTheLastAxis) {
  double expected = 0;
  std::vector<float> logits;
  for (std::size_t i = 0; i < one_hot.size(); ++i) {
    const auto p = static_cast<double>(probabilities[i]);
    expected -= std::log(one_hot[i] == 1 ? p : 1 - p) / 3;
    logits.push_back(static_cast<float>(std::log(p / (1 - p))));
  }
  EXPECT_NEAR(sum_of(BinaryCrossentropy(), probabilities, false), expected, 1e-6);
  EXPECT_NEAR(sum_of(BinaryCrossentropy(), logits, true), expected, 1e-6);
  EXPECT_NEAR(sum_of(BinaryCrossentropy({.from_logits = true}), logits, false), expected, 1e-6);
}

TEST(Crossentropy, LeavesScaledDeltas) {
  std::vector<float> delta(6);
  SparseCategoricalCrossentropy()->compute(Workers(1),
                                           {.rows = 2,
                                            .cols = 3,
                                            .prediction = probabilities.data(),
                                            .labels = labels.data(),
                                            .scale = 0.5F,
                                            .delta = delta.data()},
                                           true);
  // On logits, softmax(z) - 1 at the label.
  const double sum = std::exp(0.5) + 2 * std::exp(0.25);
  EXPECT_NEAR(delta[0], 0.5 * (std::exp(0.5) / sum - 1), 1e-6);
  EXPECT_NEAR(delta[1], 0.5 * std::exp(0.25) / sum, 1e-6);
}

TEST(Crossentropy, TakesOverTheActivationUnlessLogitsWereDeclared) {
  EXPECT_EQ(SparseCategoricalCrossentropy()->merges_with(), ActivationKind::softmax);
  EXPECT_EQ(CategoricalCrossentropy()->merges_with(), ActivationKind::softmax);
  EXPECT_EQ(BinaryCrossentropy()->merges_with(), ActivationKind::sigmoid);
  EXPECT_FALSE(BinaryCrossentropy()->from_logits());
  const BinaryCrossentropy declared({.from_logits = true});
  EXPECT_TRUE(declared->from_logits());
  EXPECT_EQ(declared->merges_with(), ActivationKind::linear);
}

TEST(Crossentropy, SaysWhatTargetsItReads) {
  const TargetRule sparse = SparseCategoricalCrossentropy()->target_rule();
  EXPECT_EQ(sparse.kind, TargetKind::labels);
  EXPECT_FALSE(sparse.one_hot || sparse.unit_interval);
  const TargetRule dense = CategoricalCrossentropy()->target_rule();
  EXPECT_EQ(dense.kind, TargetKind::numbers);
  EXPECT_TRUE(dense.one_hot);
  EXPECT_FALSE(dense.unit_interval);
  const TargetRule binary = BinaryCrossentropy()->target_rule();
  EXPECT_EQ(binary.kind, TargetKind::numbers);
  EXPECT_FALSE(binary.one_hot);
  EXPECT_TRUE(binary.unit_interval);
}

TEST(Crossentropy, WritesKerasConfig) {
  EXPECT_EQ(SparseCategoricalCrossentropy({.from_logits = true})->config().str(),
            R"({"name":"sparse_categorical_crossentropy","reduction":"sum_over_batch_size",)"
            R"("from_logits":true,"ignore_class":null})");
  EXPECT_EQ(CategoricalCrossentropy()->config().str(),
            R"({"name":"categorical_crossentropy","reduction":"sum_over_batch_size",)"
            R"("from_logits":false,"label_smoothing":0.0,"axis":-1})");
  EXPECT_EQ(BinaryCrossentropy()->config().str(),
            R"({"name":"binary_crossentropy","reduction":"sum_over_batch_size",)"
            R"("from_logits":false,"label_smoothing":0.0,"axis":-1})");
}

TEST(Crossentropy, ComesBackFromItsConfig) {
  const SparseCategoricalCrossentropy sparse({.from_logits = true});
  EXPECT_EQ(SparseCategoricalCrossentropy::from_config(sparse->config())->config(),
            sparse->config());
  const CategoricalCrossentropy dense({.from_logits = true});
  EXPECT_EQ(CategoricalCrossentropy::from_config(dense->config())->config(), dense->config());
  const BinaryCrossentropy binary({.from_logits = true});
  EXPECT_EQ(BinaryCrossentropy::from_config(binary->config())->config(), binary->config());
}

TEST(Crossentropy, RefusesSettings) {
  expect_error<Unimplemented>(
      [] {
        BinaryCrossentropy::from_config(Config::object({{"axis", 1}}));
      },
      "[BinaryCrossentropy] 'axis' = 1 is not supported. Supported: -1.");
  expect_error<Unimplemented>(
      [] {
        BinaryCrossentropy::from_config(Config::object({{"reduction", "sum"}}));
      },
      "[BinaryCrossentropy] 'reduction' = \"sum\" is not supported. Supported: "
      "\"sum_over_batch_size\".");
  expect_error<Unimplemented>(
      [] {
        SparseCategoricalCrossentropy::from_config(Config::object({{"ignore_class", 255}}));
      },
      "[SparseCategoricalCrossentropy] 'ignore_class' = 255 is not supported. Supported: null.");
  expect_error<Unimplemented>(
      [] {
        SparseCategoricalCrossentropy::from_config(Config::object({{"dtype", "float16"}}));
      },
      "[SparseCategoricalCrossentropy] 'dtype' = \"float16\" is not supported. Supported: "
      "\"float32\".");
}

}  // namespace
}  // namespace minnow
