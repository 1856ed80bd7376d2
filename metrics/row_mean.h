#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "../core/graph/metric.h"

// What the metrics share.
namespace minnow {

/// A metric that is the weighted mean over rows of one number for each row. Its sums are the
/// weighted total and the weight.
class RowMean : public MetricImpl {
 public:
  /// `name` is the key in History; where it is empty, `default_name`.
  RowMean(std::string name, std::string_view default_name)
      : name_(name.empty() ? std::string(default_name) : std::move(name)) {}

  std::string_view key() const noexcept override { return name_; }
  Config config() const override { return Config::object({{"name", name_}, {"dtype", "float32"}}); }
  void update(const MetricBatch& batch, std::span<double> sums) const final;

 protected:
  virtual double of_row(const MetricBatch& batch, std::int64_t row) const = 0;

 private:
  std::string name_;
};

/// The name in a metric's config, or empty; settles dtype.
std::string read_metric(ConfigReader& reader);

// Of one row: 1 where the prediction is right, else 0. Among equal scores the first counts.

/// The largest score is the label's.
double sparse_match(const MetricBatch& batch, std::int64_t row);
/// The largest score is where the largest target is.
double categorical_match(const MetricBatch& batch, std::int64_t row);
/// The part of the row where (score > threshold) is the target; a label stands for one target.
double binary_match(const MetricBatch& batch, std::int64_t row, float threshold);

}  // namespace minnow
