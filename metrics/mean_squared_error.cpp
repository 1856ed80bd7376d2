#include "metrics/mean_squared_error.h"

#include <memory>
#include <utility>

#include "metrics/row_mean.h"

namespace minnow::metrics {
namespace {

class MeanSquaredErrorImpl : public RowMean {
 public:
  explicit MeanSquaredErrorImpl(std::string name)
      : RowMean(std::move(name), "mean_squared_error") {}

  std::string_view class_name() const noexcept override { return "MeanSquaredError"; }
  TargetKind target_kind() const noexcept override { return TargetKind::numbers; }

 protected:
  double of_row(const MetricBatch& batch, std::int64_t row) const override {
    return squared_error(batch, row);
  }
};

}  // namespace

MeanSquaredError::MeanSquaredError(MeanSquaredErrorOptions options)
    : Metric(std::make_shared<MeanSquaredErrorImpl>(std::move(options.name))) {}

Metric MeanSquaredError::from_config(const Config& config) {
  ConfigReader reader(config, "MeanSquaredError");
  std::string name = read_metric(reader);
  reader.finish();
  return MeanSquaredError({.name = std::move(name)});
}

}  // namespace minnow::metrics
