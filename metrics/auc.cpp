#include "metrics/auc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "core/error.h"
#include "metrics/row_mean.h"

namespace minnow {
namespace {

constexpr std::int64_t most_thresholds = 100'000;

double ratio(double a, double b) { return b == 0 ? 0 : a / b; }

// What lies above one threshold.
struct Point {
  double true_positives = 0, false_positives = 0;
};

// The sums are, for every threshold but the last, the positives and then the negatives whose score
// lies between it and the next.
class AUCImpl : public MetricImpl {
 public:
  explicit AUCImpl(AUCOptions options) : options_(std::move(options)) {
    if (options_.name.empty()) options_.name = "auc";
    const auto refuse = [](std::string_view argument, std::string_view expected,
                           std::string_view got) {
      throw InvalidArgument({"AUC", argument, expected, got, ""});
    };
    if (options_.num_thresholds < 2 || options_.num_thresholds > most_thresholds) {
      refuse("num_thresholds", fmt::format("a number in [2, {}]", most_thresholds),
             fmt::format("{}", options_.num_thresholds));
    }
    if (options_.curve != "ROC" && options_.curve != "PR") {
      refuse("curve", "'ROC' or 'PR'", fmt::format("'{}'", options_.curve));
    }
    const std::string& method = options_.summation_method;
    if (method != "interpolation" && method != "minoring" && method != "majoring") {
      refuse("summation_method", "'interpolation', 'minoring' or 'majoring'",
             fmt::format("'{}'", method));
    }
    is_pr_ = options_.curve == "PR";
    interpolates_ = method == "interpolation";
    takes_lower_ = method == "minoring";
  }

  std::string_view class_name() const noexcept override { return "AUC"; }
  std::string_view key() const noexcept override { return options_.name; }
  TargetKind target_kind() const noexcept override { return TargetKind::numbers; }
  Config config() const override {
    return Config::object({{"name", options_.name},
                           {"dtype", "float32"},
                           {"num_thresholds", options_.num_thresholds},
                           {"curve", options_.curve},
                           {"summation_method", options_.summation_method},
                           {"multi_label", false},
                           {"num_labels", {}},
                           {"label_weights", {}},
                           {"from_logits", options_.from_logits}});
  }

  int sums() const noexcept override { return static_cast<int>(2 * buckets()); }

  void update(const MetricBatch& batch, std::span<double> sums) const override {
    for (std::int64_t row = 0; row < batch.rows; ++row) {
      const double weight = batch.weights == nullptr ? 1 : static_cast<double>(batch.weights[row]);
      if (weight == 0) continue;
      for (std::int64_t i = row * batch.cols; i < (row + 1) * batch.cols; ++i) {
        const std::size_t side = batch.targets[i] != 0 ? 0 : buckets();
        sums[side + bucket_of(batch.prediction[i])] += weight;
      }
    }
  }

  double result(std::span<const double> sums) const override {
    Point all;
    for (std::size_t i = 0; i < buckets(); ++i) {
      all.true_positives += sums[i];
      all.false_positives += sums[buckets() + i];
    }
    // From the highest threshold, above which there is nothing, down to the lowest.
    Point upper;
    double area = 0;
    for (std::size_t i = buckets(); i-- > 0;) {
      const Point lower{upper.true_positives + sums[i],
                        upper.false_positives + sums[buckets() + i]};
      area += is_pr_ && interpolates_ ? interpolated(lower, upper, all) : slice(lower, upper, all);
      upper = lower;
    }
    return area;
  }

 private:
  std::size_t buckets() const noexcept {
    return static_cast<std::size_t>(options_.num_thresholds - 1);
  }

  // In float32, as Keras does: a score on a threshold belongs below it.
  std::size_t bucket_of(float score) const noexcept {
    if (options_.from_logits) score = 1 / (1 + std::exp(-score));
    const float place = std::ceil(std::clamp(score, 0.0F, 1.0F) * static_cast<float>(buckets()));
    return place > 1 ? static_cast<std::size_t>(place) - 1 : 0;  // NaN: the first
  }

  double slice(const Point& lower, const Point& upper, const Point& all) const {
    const auto x = [&](const Point& p) {
      return is_pr_ ? ratio(p.true_positives, all.true_positives)
                    : ratio(p.false_positives, all.false_positives);
    };
    const auto y = [&](const Point& p) {
      return is_pr_ ? ratio(p.true_positives, p.true_positives + p.false_positives)
                    : ratio(p.true_positives, all.true_positives);
    };
    const double a = y(lower), b = y(upper);
    const double height = interpolates_  ? (a + b) / 2
                          : takes_lower_ ? std::min(a, b)
                                         : std::max(a, b);
    return (x(lower) - x(upper)) * height;
  }

  // True positives grow linearly with all positives p: tp = slope p + intercept. The integral of
  // tp / p over them, divided by the true ones.
  static double interpolated(const Point& lower, const Point& upper, const Point& all) {
    const double more = lower.true_positives - upper.true_positives;
    const double p_lower = lower.true_positives + lower.false_positives;
    const double p_upper = upper.true_positives + upper.false_positives;
    const double slope = ratio(more, std::max(p_lower - p_upper, 0.0));
    const double intercept = upper.true_positives - slope * p_upper;
    const double growth = p_lower > 0 && p_upper > 0 ? p_lower / p_upper : 1;
    return ratio(slope * (more + intercept * std::log(growth)), all.true_positives);
  }

  AUCOptions options_;
  bool is_pr_ = false, interpolates_ = true, takes_lower_ = false;
};

}  // namespace

AUC::AUC(AUCOptions options) : Metric(std::make_shared<AUCImpl>(std::move(options))) {}

Metric AUC::from_config(const Config& config) {
  ConfigReader reader(config, "AUC");
  AUCOptions options{.name = read_metric(reader)};
  options.num_thresholds = reader.integer("num_thresholds", options.num_thresholds);
  options.curve = reader.string("curve", options.curve);
  options.summation_method = reader.string("summation_method", options.summation_method);
  options.from_logits = reader.boolean("from_logits", options.from_logits);
  if (options.curve == "PRGAIN") {
    throw Unimplemented("AUC", "'curve' = \"PRGAIN\" is not supported. Supported: ROC, PR.");
  }
  reader.require("multi_label", false);
  for (const auto key : {"num_labels", "label_weights", "thresholds"}) reader.require(key, {});
  reader.finish();
  return AUC(std::move(options));
}

}  // namespace minnow
