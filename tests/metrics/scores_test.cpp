// Top-k, precision, recall, the area under a curve, and the squared errors.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/graph/registry.h"
#include "metrics/auc.h"
#include "metrics/mean_squared_error.h"
#include "metrics/precision.h"
#include "metrics/recall.h"
#include "metrics/root_mean_squared_error.h"
#include "metrics/sparse_top_k_categorical_accuracy.h"
#include "metrics/top_k_categorical_accuracy.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

// Batches one after the other.
double result_of(const Metric& metric, const std::vector<MetricBatch>& batches) {
  std::vector<double> sums(static_cast<std::size_t>(metric->sums()));
  for (const MetricBatch& batch : batches) metric->update(batch, sums);
  return metric->result(sums);
}

const std::vector<float> three_rows = {0.1F, 0.7F, 0.2F, 0.5F, 0.3F, 0.2F, 0.2F, 0.4F, 0.4F};

TEST(TopK, CountsRowsWithFewerThanKScoresAbove) {
  const std::vector<std::int32_t> last = {2, 2, 2};
  const std::vector<float> last_one = {0, 0, 1, 0, 0, 1, 0, 0, 1};
  const MetricBatch sparse{
      .rows = 3, .cols = 3, .prediction = three_rows.data(), .labels = last.data()};
  const MetricBatch dense{
      .rows = 3, .cols = 3, .prediction = three_rows.data(), .targets = last_one.data()};
  const double expected[] = {1.0 / 3, 2.0 / 3, 1};  // equal scores are not above
  for (std::int64_t k : {1, 2, 3}) {
    EXPECT_DOUBLE_EQ(result_of(SparseTopKCategoricalAccuracy({.k = k}), {sparse}), expected[k - 1]);
    EXPECT_DOUBLE_EQ(result_of(TopKCategoricalAccuracy({.k = k}), {dense}), expected[k - 1]);
  }
  EXPECT_EQ(SparseTopKCategoricalAccuracy()->target_kind(), TargetKind::labels);
  EXPECT_EQ(TopKCategoricalAccuracy()->target_kind(), TargetKind::numbers);
}

TEST(TopK, ScoresThatAreNotFiniteAreNotRight) {
  const std::vector<float> odd = {1, NAN, 0, 1, INFINITY, 0};
  const std::vector<std::int32_t> first_two = {0, 1};
  EXPECT_EQ(
      result_of(SparseTopKCategoricalAccuracy(),
                {{.rows = 2, .cols = 3, .prediction = odd.data(), .labels = first_two.data()}}),
      0);
}

TEST(SquaredErrors, AreMeansOverTheLastAxisThenOverRows) {
  const std::vector<float> p = {1, 2, 3, 4}, t = {0, 0, 3, 2}, weights = {2, 1};
  MetricBatch batch{.rows = 2, .cols = 2, .prediction = p.data(), .targets = t.data()};
  EXPECT_EQ(result_of(metrics::MeanSquaredError(), {batch}), 2.25);
  EXPECT_EQ(result_of(RootMeanSquaredError(), {batch}), 1.5);
  batch.weights = weights.data();
  EXPECT_DOUBLE_EQ(result_of(metrics::MeanSquaredError(), {batch}), (2 * 2.5 + 2) / 3);
  EXPECT_DOUBLE_EQ(result_of(RootMeanSquaredError(), {batch}), std::sqrt(7.0 / 3));
}

const std::vector<float> six_scores = {0.9F, 0.5F, 0.6F, 0.1F, 0.4F, 0.8F};
const std::vector<float> six_targets = {1, 1, 0, 0, 2, 1};  // anything but 0 is a positive
const std::vector<float> two_weights = {1, 0.5F};
const MetricBatch two_by_three{
    .rows = 2, .cols = 3, .prediction = six_scores.data(), .targets = six_targets.data()};

TEST(Precision, IsTheRightPartOfThePredictedPositives) {
  EXPECT_DOUBLE_EQ(result_of(Precision(), {two_by_three}), 2.0 / 3);
  EXPECT_DOUBLE_EQ(result_of(Precision({.thresholds = 0.3F}), {two_by_three}), 4.0 / 5);
  EXPECT_EQ(result_of(Precision({.thresholds = 1.0F}), {two_by_three}), 0);  // of nothing
  EXPECT_DOUBLE_EQ(result_of(Precision({.class_id = 2}), {two_by_three}), 1.0 / 2);
  EXPECT_DOUBLE_EQ(result_of(Precision({.top_k = 2}), {two_by_three}), 3.0 / 4);
  EXPECT_DOUBLE_EQ(result_of(Precision({.top_k = 2, .class_id = 1}), {two_by_three}), 1);
  MetricBatch weighted = two_by_three;
  weighted.weights = two_weights.data();
  EXPECT_DOUBLE_EQ(result_of(Precision(), {weighted}), 1.5 / 2.5);
}

TEST(Recall, IsThePredictedPartOfThePositives) {
  EXPECT_DOUBLE_EQ(result_of(Recall(), {two_by_three}), 2.0 / 4);
  EXPECT_DOUBLE_EQ(result_of(Recall({.thresholds = 0.3F}), {two_by_three}), 1);
  EXPECT_DOUBLE_EQ(result_of(Recall({.top_k = 1}), {two_by_three}), 2.0 / 4);
  EXPECT_DOUBLE_EQ(result_of(Recall({.thresholds = 0.85F, .top_k = 1}), {two_by_three}), 1.0 / 4);
  EXPECT_DOUBLE_EQ(result_of(Recall({.class_id = 1}), {two_by_three}), 0);
  EXPECT_DOUBLE_EQ(result_of(Recall({.class_id = 0}), {two_by_three}), 1);
  MetricBatch weighted = two_by_three;
  weighted.weights = two_weights.data();
  EXPECT_DOUBLE_EQ(result_of(Recall(), {weighted}), 1.5 / 3);
}

TEST(Precision, TakesTheFirstOfEqualScores) {
  const std::vector<float> equal = {0.5F, 0.5F, 0.5F}, yes = {1, 0, 0};
  const MetricBatch batch{.rows = 1, .cols = 3, .prediction = equal.data(), .targets = yes.data()};
  EXPECT_EQ(result_of(Precision({.top_k = 1}), {batch}), 1);
  EXPECT_EQ(result_of(Precision({.top_k = 2}), {batch}), 0.5);
}

TEST(RightPositives, KnowTheColumnsThereAre) {
  EXPECT_NO_THROW(Precision({.class_id = 2}).resolved(3, TargetKind::numbers));
  expect_error<InvalidArgument>(
      [] { Recall({.class_id = 3}).resolved(3, TargetKind::numbers); },
      "[compile] metrics: expected a class_id of Recall in [0, 3), got 3.");
}

// The area by its definition, threshold by threshold.
double area(std::int64_t thresholds, const std::string& curve, const std::string& method,
            const MetricBatch& batch) {
  struct At {
    double tp = 0, fp = 0, fn = 0, tn = 0;
  };
  std::vector<At> at;
  for (std::int64_t i = 0; i < thresholds; ++i) {
    double threshold = static_cast<double>(i) / static_cast<double>(thresholds - 1);
    if (i == 0) threshold = -1e-7;
    if (i == thresholds - 1) threshold = 1 + 1e-7;
    At a;
    for (std::int64_t j = 0; j < batch.rows * batch.cols; ++j) {
      const bool said = static_cast<double>(batch.prediction[j]) > threshold;
      const bool is = batch.targets[j] != 0;
      (said ? (is ? a.tp : a.fp) : (is ? a.fn : a.tn)) +=
          batch.weights == nullptr ? 1.0 : static_cast<double>(batch.weights[j / batch.cols]);
    }
    at.push_back(a);
  }
  const auto ratio = [](double x, double y) { return y == 0 ? 0 : x / y; };
  double sum = 0;
  for (std::size_t i = 0; i + 1 < at.size(); ++i) {
    const At &a = at[i], &b = at[i + 1];
    if (curve == "PR" && method == "interpolation") {
      // The integral of precision over recall, in many small steps of the line between the two.
      constexpr int steps = 20'000;
      for (int s = 0; s < steps; ++s) {
        const double part = (s + 0.5) / steps;
        const double tp = b.tp + part * (a.tp - b.tp), fp = b.fp + part * (a.fp - b.fp);
        sum += ratio(tp, tp + fp) * (a.tp - b.tp) / steps / (a.tp + a.fn);
      }
      continue;
    }
    const auto x = [&](const At& v) {
      return curve == "PR" ? ratio(v.tp, v.tp + v.fn) : ratio(v.fp, v.fp + v.tn);
    };
    const auto y = [&](const At& v) {
      return curve == "PR" ? ratio(v.tp, v.tp + v.fp) : ratio(v.tp, v.tp + v.fn);
    };
    const double height = method == "interpolation" ? (y(a) + y(b)) / 2
                          : method == "minoring"    ? std::min(y(a), y(b))
                                                    : std::max(y(a), y(b));
    sum += (x(a) - x(b)) * height;
  }
  return sum;
}

TEST(AUC, IsTheAreaByItsDefinition) {
  std::vector<float> s, y, weights;
  for (int i = 0; i < 120; ++i) {
    s.push_back(static_cast<float>((i * 37) % 120) / 119);
    y.push_back((i * 7) % 120 < (i * 37) % 120 ? 1.0F : 0.0F);
    if (i % 3 == 0) weights.push_back(0.5F + static_cast<float>(i % 5));
  }
  MetricBatch batch{.rows = 40, .cols = 3, .prediction = s.data(), .targets = y.data()};
  for (const bool weighted : {false, true}) {
    if (weighted) batch.weights = weights.data();
    for (const std::int64_t n : {2, 3, 12, 200}) {
      for (const char* method : {"interpolation", "minoring", "majoring"}) {
        for (const char* curve : {"ROC", "PR"}) {
          const AUC metric({.num_thresholds = n, .curve = curve, .summation_method = method});
          EXPECT_NEAR(result_of(metric, {batch}), area(n, curve, method, batch), 2e-5)
              << n << " " << curve << " " << method;
        }
      }
    }
  }
}

TEST(AUC, AddsUpOverBatchesAndClipsScores) {
  const std::vector<float> s = {-3, 0.25F, 0.75F, 7, NAN, 0}, y = {0, 0, 1, 1, 0, 0};
  const MetricBatch both{.rows = 4, .cols = 1, .prediction = s.data(), .targets = y.data()};
  EXPECT_NEAR(result_of(AUC(), {both}), 1, 1e-12);
  EXPECT_NEAR(result_of(AUC({.curve = "PR"}), {both}), 1, 1e-12);
  MetricBatch first = both, second = both;
  first.rows = second.rows = 2;
  second.prediction += 2;
  second.targets += 2;
  EXPECT_EQ(result_of(AUC(), {first, second}), result_of(AUC(), {both}));
  EXPECT_EQ(result_of(AUC(), {}), 0);
  MetricBatch odd = both;
  odd.rows = 6;
  EXPECT_NEAR(result_of(AUC(), {odd}), 1, 1e-12);  // NaN counts as the lowest
  // Logits of any size come in order.
  EXPECT_NEAR(result_of(AUC({.from_logits = true}), {both}), 1, 1e-12);
}

TEST(AUC, RefusesSettings) {
  expect_error<InvalidArgument>([] { AUC({.num_thresholds = 1}); },
                                "[AUC] num_thresholds: expected a number in [2, 100000], got 1.");
  expect_error<InvalidArgument>([] { AUC({.curve = "roc"}); },
                                "[AUC] curve: expected 'ROC' or 'PR', got 'roc'.");
  expect_error<InvalidArgument>([] { AUC({.summation_method = "mean"}); },
                                "[AUC] summation_method: expected 'interpolation', 'minoring' or "
                                "'majoring', got 'mean'.");
  expect_error<Unimplemented>(
      [] {
        AUC::from_config(Config::object({{"multi_label", true}}));
      },
      "[AUC] 'multi_label' = true is not supported. Supported: false.");
  expect_error<Unimplemented>(
      [] {
        AUC::from_config(Config::object({{"curve", "PRGAIN"}}));
      },
      "[AUC] 'curve' = \"PRGAIN\" is not supported. Supported: ROC, PR.");
}

TEST(Scores, RefuseSettings) {
  expect_error<InvalidArgument>([] { TopKCategoricalAccuracy({.k = 0}); },
                                "[TopKCategoricalAccuracy] k: expected at least 1, got 0.");
  expect_error<InvalidArgument>([] { Precision({.thresholds = 2.0F}); },
                                "[Precision] thresholds: expected a number in [0, 1], got 2.");
  expect_error<InvalidArgument>([] { Recall({.top_k = 0}); },
                                "[Recall] top_k: expected at least 1, got 0.");
  expect_error<InvalidArgument>([] { Recall({.class_id = -1}); },
                                "[Recall] class_id: expected at least 0, got -1.");
  expect_error<Unimplemented>(
      [] {
        Precision::from_config(Config::object({{"thresholds", Config::List{0.25, 0.5}}}));
      },
      "[Precision] 'thresholds' = [0.25,0.5] is not supported. Supported: one number.");
  expect_error<InvalidArgument>(
      [] {
        Recall::from_config(Config::object({{"thresholds", "half"}}));
      },
      "[Recall] thresholds: expected a number, got \"half\".");
  expect_error<Unimplemented>(
      [] {
        SparseTopKCategoricalAccuracy::from_config(Config::object({{"from_sorted_ids", true}}));
      },
      "[SparseTopKCategoricalAccuracy] 'from_sorted_ids' = true is not supported. Supported: "
      "false.");
}

TEST(Scores, WriteAndReadKerasConfig) {
  EXPECT_EQ(AUC()->config().str(),
            R"({"name":"auc","dtype":"float32","num_thresholds":200,"curve":"ROC",)"
            R"("summation_method":"interpolation","multi_label":false,"num_labels":null,)"
            R"("label_weights":null,"from_logits":false})");
  EXPECT_EQ(Precision()->config().str(),
            R"({"name":"precision","dtype":"float32","thresholds":null,"top_k":null,)"
            R"("class_id":null})");
  EXPECT_EQ(TopKCategoricalAccuracy({.k = 3})->config().str(),
            R"({"name":"top_k_categorical_accuracy","dtype":"float32","k":3})");
  const Metric all[] = {AUC({.num_thresholds = 5, .curve = "PR", .from_logits = true}),
                        Precision({.thresholds = 0.25F, .top_k = 2, .class_id = 1, .name = "p"}),
                        Recall({.name = "r"}),
                        SparseTopKCategoricalAccuracy({.k = 2}),
                        TopKCategoricalAccuracy({.name = "t"}),
                        RootMeanSquaredError(),
                        metrics::MeanSquaredError({.name = "m"})};
  for (const Metric& metric : all) {
    const Metric again = make_metric(metric->class_name(), metric->config());
    EXPECT_EQ(again->class_name(), metric->class_name());
    EXPECT_EQ(again->config(), metric->config());
    EXPECT_EQ(again.key(), metric.key());
  }
  const Config one = Config::object({{"thresholds", Config::List{0.25}}});
  EXPECT_EQ(Precision::from_config(one)->config()["thresholds"], Config(0.25));
}

}  // namespace
}  // namespace minnow
