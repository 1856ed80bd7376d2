#include "metrics/sparse_categorical_accuracy.h"

#include <memory>
#include <utility>

#include "metrics/row_mean.h"

namespace minnow {
namespace {

class SparseCategoricalAccuracyImpl : public RowMean {
 public:
  explicit SparseCategoricalAccuracyImpl(std::string name)
      : RowMean(std::move(name), "sparse_categorical_accuracy") {}

  std::string_view class_name() const noexcept override { return "SparseCategoricalAccuracy"; }
  TargetKind target_kind() const noexcept override { return TargetKind::labels; }

 protected:
  double of_row(const MetricBatch& batch, std::int64_t row) const override {
    return sparse_match(batch, row);
  }
};

}  // namespace

SparseCategoricalAccuracy::SparseCategoricalAccuracy(SparseCategoricalAccuracyOptions options)
    : Metric(std::make_shared<SparseCategoricalAccuracyImpl>(std::move(options.name))) {}

Metric SparseCategoricalAccuracy::from_config(const Config& config) {
  ConfigReader reader(config, "SparseCategoricalAccuracy");
  std::string name = read_metric(reader);
  reader.finish();
  return SparseCategoricalAccuracy({.name = std::move(name)});
}

}  // namespace minnow
