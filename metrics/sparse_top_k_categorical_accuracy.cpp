#include "metrics/sparse_top_k_categorical_accuracy.h"

#include <memory>
#include <utility>

#include "metrics/row_mean.h"

namespace minnow {
namespace {

class SparseTopKCategoricalAccuracyImpl : public RowMean {
 public:
  explicit SparseTopKCategoricalAccuracyImpl(SparseTopKCategoricalAccuracyOptions options)
      : RowMean(std::move(options.name), "sparse_top_k_categorical_accuracy"), k_(options.k) {
    require_at_least_one("SparseTopKCategoricalAccuracy", "k", k_);
  }

  std::string_view class_name() const noexcept override { return "SparseTopKCategoricalAccuracy"; }
  TargetKind target_kind() const noexcept override { return TargetKind::labels; }
  Config config() const override {
    Config config = RowMean::config();
    config.set("k", k_);
    return config;
  }

 protected:
  double of_row(const MetricBatch& batch, std::int64_t row) const override {
    return top_k_match(batch, row, batch.labels[row], k_);
  }

 private:
  std::int64_t k_;
};

}  // namespace

SparseTopKCategoricalAccuracy::SparseTopKCategoricalAccuracy(
    SparseTopKCategoricalAccuracyOptions options)
    : Metric(std::make_shared<SparseTopKCategoricalAccuracyImpl>(std::move(options))) {}

Metric SparseTopKCategoricalAccuracy::from_config(const Config& config) {
  ConfigReader reader(config, "SparseTopKCategoricalAccuracy");
  SparseTopKCategoricalAccuracyOptions options{.name = read_metric(reader)};
  options.k = reader.integer("k", options.k);
  reader.require("from_sorted_ids", false);
  reader.finish();
  return SparseTopKCategoricalAccuracy(std::move(options));
}

}  // namespace minnow
