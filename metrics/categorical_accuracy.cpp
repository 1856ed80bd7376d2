#include "metrics/categorical_accuracy.h"

#include <memory>
#include <utility>

#include "metrics/row_mean.h"

namespace minnow {
namespace {

class CategoricalAccuracyImpl : public RowMean {
 public:
  explicit CategoricalAccuracyImpl(std::string name)
      : RowMean(std::move(name), "categorical_accuracy") {}

  std::string_view class_name() const noexcept override { return "CategoricalAccuracy"; }
  TargetKind target_kind() const noexcept override { return TargetKind::numbers; }

 protected:
  double of_row(const MetricBatch& batch, std::int64_t row) const override {
    return categorical_match(batch, row);
  }
};

}  // namespace

CategoricalAccuracy::CategoricalAccuracy(CategoricalAccuracyOptions options)
    : Metric(std::make_shared<CategoricalAccuracyImpl>(std::move(options.name))) {}

Metric CategoricalAccuracy::from_config(const Config& config) {
  ConfigReader reader(config, "CategoricalAccuracy");
  std::string name = read_metric(reader);
  reader.finish();
  return CategoricalAccuracy({.name = std::move(name)});
}

}  // namespace minnow
