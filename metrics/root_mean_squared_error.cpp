#include "metrics/root_mean_squared_error.h"

#include <cmath>
#include <memory>
#include <utility>

#include "metrics/row_mean.h"

namespace minnow {
namespace {

class RootMeanSquaredErrorImpl : public RowMean {
 public:
  explicit RootMeanSquaredErrorImpl(std::string name)
      : RowMean(std::move(name), "root_mean_squared_error") {}

  std::string_view class_name() const noexcept override { return "RootMeanSquaredError"; }
  TargetKind target_kind() const noexcept override { return TargetKind::numbers; }
  double result(std::span<const double> sums) const override {
    return std::sqrt(MetricImpl::result(sums));
  }

 protected:
  double of_row(const MetricBatch& batch, std::int64_t row) const override {
    return squared_error(batch, row);
  }
};

}  // namespace

RootMeanSquaredError::RootMeanSquaredError(RootMeanSquaredErrorOptions options)
    : Metric(std::make_shared<RootMeanSquaredErrorImpl>(std::move(options.name))) {}

Metric RootMeanSquaredError::from_config(const Config& config) {
  ConfigReader reader(config, "RootMeanSquaredError");
  std::string name = read_metric(reader);
  reader.finish();
  return RootMeanSquaredError({.name = std::move(name)});
}

}  // namespace minnow
