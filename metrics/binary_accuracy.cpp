#include "metrics/binary_accuracy.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "core/error.h"
#include "metrics/row_mean.h"

namespace minnow {
namespace {

class BinaryAccuracyImpl : public RowMean {
 public:
  explicit BinaryAccuracyImpl(BinaryAccuracyOptions options)
      : RowMean(std::move(options.name), "binary_accuracy"), threshold_(options.threshold) {
    if (!(threshold_ > 0 && threshold_ < 1)) {
      throw InvalidArgument(
          {"BinaryAccuracy", "threshold", "a number in (0, 1)", fmt::format("{}", threshold_), ""});
    }
  }

  std::string_view class_name() const noexcept override { return "BinaryAccuracy"; }
  TargetKind target_kind() const noexcept override { return TargetKind::numbers; }
  Config config() const override {
    Config config = RowMean::config();
    config.set("threshold", threshold_);
    return config;
  }

 protected:
  double of_row(const MetricBatch& batch, std::int64_t row) const override {
    return binary_match(batch, row, threshold_);
  }

 private:
  float threshold_;
};

}  // namespace

BinaryAccuracy::BinaryAccuracy(BinaryAccuracyOptions options)
    : Metric(std::make_shared<BinaryAccuracyImpl>(std::move(options))) {}

Metric BinaryAccuracy::from_config(const Config& config) {
  ConfigReader reader(config, "BinaryAccuracy");
  BinaryAccuracyOptions options{.name = read_metric(reader)};
  options.threshold = static_cast<float>(reader.number("threshold", options.threshold));
  reader.finish();
  return BinaryAccuracy(std::move(options));
}

}  // namespace minnow
