#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

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
/// Fewer than k scores are above that of the class, and all are finite.
double top_k_match(const MetricBatch& batch, std::int64_t row, std::int64_t label, std::int64_t k);

/// The class with the largest target of a row.
std::int64_t largest_target(const MetricBatch& batch, std::int64_t row);
/// The mean of (score - target)^2 over a row.
double squared_error(const MetricBatch& batch, std::int64_t row);

/// Throws InvalidArgument unless value >= 1.
void require_at_least_one(std::string_view metric, std::string_view argument, std::int64_t value);

}  // namespace minnow
