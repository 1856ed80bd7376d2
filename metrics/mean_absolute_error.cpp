#include "metrics/mean_absolute_error.h"

#include <cmath>
#include <memory>
#include <utility>

#include "metrics/row_mean.h"

namespace minnow {
namespace {

class MeanAbsoluteErrorImpl : public RowMean {
 public:
  explicit MeanAbsoluteErrorImpl(std::string name)
      : RowMean(std::move(name), "mean_absolute_error") {}

  std::string_view class_name() const noexcept override { return "MeanAbsoluteError"; }
  TargetKind target_kind() const noexcept override { return TargetKind::numbers; }

 protected:
  double of_row(const MetricBatch& batch, std::int64_t row) const override {
    double sum = 0;
    for (std::int64_t i = row * batch.cols; i < (row + 1) * batch.cols; ++i) {
      sum += std::abs(static_cast<double>(batch.prediction[i]) -
                      static_cast<double>(batch.targets[i]));
    }
    return sum / static_cast<double>(batch.cols);
  }
};

}  // namespace

MeanAbsoluteError::MeanAbsoluteError(MeanAbsoluteErrorOptions options)
    : Metric(std::make_shared<MeanAbsoluteErrorImpl>(std::move(options.name))) {}

Metric MeanAbsoluteError::from_config(const Config& config) {
  ConfigReader reader(config, "MeanAbsoluteError");
  std::string name = read_metric(reader);
  reader.finish();
  return MeanAbsoluteError({.name = std::move(name)});
}

}  // namespace minnow
