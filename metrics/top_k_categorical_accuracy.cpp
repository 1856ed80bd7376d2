#include "metrics/top_k_categorical_accuracy.h"

#include <memory>
#include <utility>

#include "metrics/row_mean.h"

namespace minnow {
namespace {

class TopKCategoricalAccuracyImpl : public RowMean {
 public:
  explicit TopKCategoricalAccuracyImpl(TopKCategoricalAccuracyOptions options)
      : RowMean(std::move(options.name), "top_k_categorical_accuracy"), k_(options.k) {
    require_at_least_one("TopKCategoricalAccuracy", "k", k_);
  }

  std::string_view class_name() const noexcept override { return "TopKCategoricalAccuracy"; }
  TargetKind target_kind() const noexcept override { return TargetKind::numbers; }
  Config config() const override {
    Config config = RowMean::config();
    config.set("k", k_);
    return config;
  }

 protected:
  double of_row(const MetricBatch& batch, std::int64_t row) const override {
    return top_k_match(batch, row, largest_target(batch, row), k_);
  }

 private:
  std::int64_t k_;
};

}  // namespace

TopKCategoricalAccuracy::TopKCategoricalAccuracy(TopKCategoricalAccuracyOptions options)
    : Metric(std::make_shared<TopKCategoricalAccuracyImpl>(std::move(options))) {}

Metric TopKCategoricalAccuracy::from_config(const Config& config) {
  ConfigReader reader(config, "TopKCategoricalAccuracy");
  TopKCategoricalAccuracyOptions options{.name = read_metric(reader)};
  options.k = reader.integer("k", options.k);
  reader.finish();
  return TopKCategoricalAccuracy(std::move(options));
}

}  // namespace minnow
