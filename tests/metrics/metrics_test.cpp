// Accuracy and its kinds, MeanAbsoluteError.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "metrics/accuracy.h"
#include "metrics/binary_accuracy.h"
#include "metrics/categorical_accuracy.h"
#include "metrics/mean_absolute_error.h"
#include "metrics/sparse_categorical_accuracy.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

double measure(const Metric& metric, const MetricBatch& batch) {
  std::array<double, 2> sums{};
  EXPECT_EQ(metric->sums(), 2);
  metric->update(batch, sums);
  return metric->result(sums);
}

// Three rows of scores; the last has two equal ones, of which the first counts.
const std::vector<float> scores = {0.1F, 0.7F, 0.2F, 0.5F, 0.3F, 0.2F, 0.2F, 0.4F, 0.4F};
const std::vector<std::int32_t> labels = {1, 2, 1};
const std::vector<float> one_hot = {0, 1, 0, 0, 0, 1, 0, 1, 0};

MetricBatch sparse_batch() {
  return {.rows = 3, .cols = 3, .prediction = scores.data(), .labels = labels.data()};
}
MetricBatch dense_batch() {
  return {.rows = 3, .cols = 3, .prediction = scores.data(), .targets = one_hot.data()};
}

TEST(SparseCategoricalAccuracy, CountsRowsWhoseLabelHasTheLargestScore) {
  EXPECT_DOUBLE_EQ(measure(SparseCategoricalAccuracy(), sparse_batch()), 2.0 / 3);
  EXPECT_EQ(SparseCategoricalAccuracy()->target_kind(), TargetKind::labels);
}

TEST(CategoricalAccuracy, CountsRowsWhoseLargestAgree) {
  EXPECT_DOUBLE_EQ(measure(CategoricalAccuracy(), dense_batch()), 2.0 / 3);
  EXPECT_EQ(CategoricalAccuracy()->target_kind(), TargetKind::numbers);
}

TEST(Accuracies, WeighRows) {
  const std::vector<float> weights = {1, 3, 0.5F};
  MetricBatch batch = sparse_batch();
  batch.weights = weights.data();
  EXPECT_DOUBLE_EQ(measure(SparseCategoricalAccuracy(), batch), 1.5 / 4.5);
}

TEST(Accuracies, AddUpOverBatchesInDouble) {
  const SparseCategoricalAccuracy metric;
  std::array<double, 2> sums{};
  for (int i = 0; i < 10; ++i) metric->update(sparse_batch(), sums);
  EXPECT_EQ(sums[0], 20);
  EXPECT_EQ(sums[1], 30);
  EXPECT_EQ(metric->result(std::array<double, 2>{}), 0);  // of nothing
}

TEST(Accuracies, OfRowsWithoutWeightAreNotLookedAt) {
  const std::vector<float> p = {NAN, 2}, t = {0, 3}, weights = {0, 1};
  EXPECT_EQ(measure(MeanAbsoluteError(), {.rows = 2,
                                          .cols = 1,
                                          .prediction = p.data(),
                                          .targets = t.data(),
                                          .weights = weights.data()}),
            1);
}

TEST(BinaryAccuracy, ComparesWithTheThreshold) {
  const std::vector<float> p = {0.5F, 0.75F, 0.25F, 0.9F}, t = {0, 1, 0, 0};
  const MetricBatch column{.rows = 4, .cols = 1, .prediction = p.data(), .targets = t.data()};
  EXPECT_EQ(measure(BinaryAccuracy(), column), 0.75);  // 0.5 is not above 0.5
  EXPECT_EQ(measure(BinaryAccuracy({.threshold = 0.125F}), column), 0.25);
  const MetricBatch two{.rows = 2, .cols = 2, .prediction = p.data(), .targets = t.data()};
  EXPECT_EQ(measure(BinaryAccuracy(), two), 0.75);  // the mean of 1 and 1/2
}

TEST(BinaryAccuracy, RefusesSettings) {
  for (const float threshold : {0.0F, 1.0F}) {
    EXPECT_THROW(BinaryAccuracy({.threshold = threshold}), InvalidArgument);
  }
  expect_error<InvalidArgument>(
      [] { BinaryAccuracy({.threshold = -0.5F}); },
      "[BinaryAccuracy] threshold: expected a number in (0, 1), got -0.5.");
}

TEST(MeanAbsoluteError, IsTheMeanOverTheLastAxisThenOverRows) {
  const std::vector<float> p = {1, 2, 3, 4}, t = {0, 0, 3, 2}, weights = {2, 1};
  MetricBatch batch{.rows = 2, .cols = 2, .prediction = p.data(), .targets = t.data()};
  EXPECT_EQ(measure(MeanAbsoluteError(), batch), 1.25);
  batch.weights = weights.data();
  EXPECT_DOUBLE_EQ(measure(MeanAbsoluteError(), batch), (2 * 1.5 + 1) / 3);
}

TEST(Accuracy, StandsForTheOneThatFits) {
  const Accuracy accuracy;
  const Metric sparse = accuracy.resolved(3, TargetKind::labels);
  EXPECT_EQ(sparse->target_kind(), TargetKind::labels);
  EXPECT_DOUBLE_EQ(measure(sparse, sparse_batch()), 2.0 / 3);
  const Metric dense = accuracy.resolved(3, TargetKind::numbers);
  EXPECT_EQ(dense->target_kind(), TargetKind::numbers);
  EXPECT_DOUBLE_EQ(measure(dense, dense_batch()), 2.0 / 3);
  const std::vector<float> p = {0.5F, 0.75F}, t = {0, 1};
  const Metric binary = accuracy.resolved(1, TargetKind::numbers);
  EXPECT_EQ(measure(binary, {.rows = 2, .cols = 1, .prediction = p.data(), .targets = t.data()}),
            1);
  // One column and class numbers: 0 and 1 are the only ones there can be.
  const std::vector<std::int32_t> classes = {1, 1};
  const Metric of_labels = accuracy.resolved(1, TargetKind::labels);
  EXPECT_EQ(of_labels->target_kind(), TargetKind::labels);
  EXPECT_EQ(
      measure(of_labels, {.rows = 2, .cols = 1, .prediction = p.data(), .labels = classes.data()}),
      0.5);
}

TEST(Metrics, AreKnownByAName) {
  EXPECT_EQ(Accuracy().key(), "accuracy");
  EXPECT_EQ(Accuracy().resolved(3, TargetKind::labels).key(), "accuracy");
  EXPECT_EQ(Accuracy({.name = "hits"}).resolved(3, TargetKind::labels).key(), "hits");
  EXPECT_EQ(BinaryAccuracy().key(), "binary_accuracy");
  EXPECT_EQ(CategoricalAccuracy().key(), "categorical_accuracy");
  EXPECT_EQ(SparseCategoricalAccuracy({.name = "s"}).key(), "s");
  EXPECT_EQ(MeanAbsoluteError().key(), "mean_absolute_error");
}

TEST(Metrics, WriteAndReadKerasConfig) {
  EXPECT_EQ(BinaryAccuracy({.threshold = 0.25F})->config().str(),
            R"({"name":"binary_accuracy","dtype":"float32","threshold":0.25})");
  EXPECT_EQ(MeanAbsoluteError({.name = "error"})->config().str(),
            R"({"name":"error","dtype":"float32"})");
  const BinaryAccuracy binary({.threshold = 0.25F, .name = "b"});
  const Metric again = BinaryAccuracy::from_config(binary->config());
  EXPECT_EQ(again->config(), binary->config());
  EXPECT_EQ(again.key(), "b");
  EXPECT_EQ(Accuracy::from_config(Accuracy({.name = "a"})->config()).key(), "a");
  EXPECT_EQ(CategoricalAccuracy::from_config({}).key(), "categorical_accuracy");
  EXPECT_EQ(SparseCategoricalAccuracy::from_config({}).key(), "sparse_categorical_accuracy");
  EXPECT_EQ(MeanAbsoluteError::from_config({}).key(), "mean_absolute_error");
}

TEST(Accuracy, IsNotKerasClassOfThatName) {
  expect_error<Unimplemented>(
      [] {
        Accuracy::from_config(Config::object({{"name", "accuracy"}, {"dtype", "float32"}}));
      },
      "[Accuracy] Keras's class Accuracy is not supported. Supported: the string 'accuracy', "
      "BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy.");
}

}  // namespace
}  // namespace minnow
