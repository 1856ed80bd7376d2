#include "metrics/accuracy.h"

#include <memory>
#include <utility>

#include "core/error.h"
#include "metrics/row_mean.h"

namespace minnow {
namespace {

// Which of them it stands for is known once the output and the targets are.
class AccuracyImpl : public RowMean {
 public:
  explicit AccuracyImpl(std::string name, std::int64_t cols = 0,
                        TargetKind kind = TargetKind::numbers)
      : RowMean(std::move(name), "accuracy"), binary_(cols == 1), kind_(kind) {}

  std::string_view class_name() const noexcept override { return "Accuracy"; }
  // Without dtype, which Keras's class of this name has: so the two can be told apart.
  Config config() const override { return Config::object({{"name", key()}}); }
  TargetKind target_kind() const noexcept override { return kind_; }

  std::shared_ptr<const MetricImpl> resolve(std::int64_t cols, TargetKind kind) const override {
    return std::make_shared<AccuracyImpl>(std::string(key()), cols, kind);
  }

 protected:
  double of_row(const MetricBatch& batch, std::int64_t row) const override {
    if (binary_) return binary_match(batch, row, 0.5F);
    return kind_ == TargetKind::labels ? sparse_match(batch, row) : categorical_match(batch, row);
  }

 private:
  bool binary_;
  TargetKind kind_;
};

}  // namespace

Accuracy::Accuracy(AccuracyOptions options)
    : Metric(std::make_shared<AccuracyImpl>(std::move(options.name))) {}

Metric Accuracy::from_config(const Config& config) {
  if (!config["dtype"].is_null()) {
    throw Unimplemented(
        "Accuracy",
        "Keras's class Accuracy is not supported. Supported: the string 'accuracy', "
        "BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy.");
  }
  ConfigReader reader(config, "Accuracy");
  std::string name = read_metric(reader);
  reader.finish();
  return Accuracy({.name = std::move(name)});
}

}  // namespace minnow
