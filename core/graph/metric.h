#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../config.h"
#include "handle.h"
#include "target.h"

namespace minnow {

/// One batch as a metric sees it; as LossBatch, after the output's activation.
struct MetricBatch {
  std::int64_t rows = 0, cols = 0;
  const float* prediction = nullptr;
  const std::int32_t* labels = nullptr;
  const float* targets = nullptr;
  const float* weights = nullptr;  ///< null for all 1
};

/// What a metric is to the engine: a few running sums that each batch adds to. The sums belong to
/// whoever trains or evaluates.
class MetricImpl {
 public:
  virtual ~MetricImpl() = default;

  /// Keras's class name ("SparseCategoricalAccuracy") and settings.
  virtual std::string_view class_name() const noexcept = 0;
  virtual Config config() const { return Config(Config::Object{}); }
  /// The key in History: "sparse_categorical_accuracy".
  virtual std::string_view key() const noexcept = 0;

  /// The targets it can read.
  virtual TargetKind target_kind() const noexcept = 0;
  /// For a metric that stands for another, as Keras's "accuracy": the one it means for an output of
  /// so many columns and such targets. Null: this one itself.
  virtual std::shared_ptr<const MetricImpl> resolve(std::int64_t cols, TargetKind kind) const;

  /// How many sums it keeps; two by default, a weighted total and the weight.
  virtual int sums() const noexcept { return 2; }
  virtual void update(const MetricBatch& batch, std::span<double> sums) const = 0;
  /// By default total / weight, 0 for none.
  virtual double result(std::span<const double> sums) const;
};

/// A metric as users hold it: an object or Keras's string, whose text is then the key in History.
class Metric : public Handle<MetricImpl> {
 public:
  explicit Metric(std::shared_ptr<const MetricImpl> impl);
  /// Throws InvalidArgument for an unknown name, with the nearest known one.
  Metric(std::string_view name);
  Metric(const char* name) : Metric(std::string_view(name)) {}
  Metric(const std::string& name) : Metric(std::string_view(name)) {}

  const std::string& key() const noexcept { return key_; }
  /// The string it was made of; empty for an object.
  const std::string& text() const noexcept { return text_; }
  /// This metric as resolve() names it, under the same key.
  Metric resolved(std::int64_t cols, TargetKind kind) const;

 private:
  std::string key_, text_;
};

}  // namespace minnow
