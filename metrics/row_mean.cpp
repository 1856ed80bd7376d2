#include "metrics/row_mean.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace minnow {
namespace {

std::int64_t argmax(const float* values, std::int64_t n) {
  return std::max_element(values, values + n) - values;  // the first of the largest
}

}  // namespace

void RowMean::update(const MetricBatch& batch, std::span<double> sums) const {
  for (std::int64_t row = 0; row < batch.rows; ++row) {
    const double weight = batch.weights == nullptr ? 1 : static_cast<double>(batch.weights[row]);
    if (weight != 0) sums[0] += weight * of_row(batch, row);  // a row without weight may hold NaN
    sums[1] += weight;
  }
}

std::string read_metric(ConfigReader& reader) {
  reader.require_float32();
  return reader.string("name", "");
}

double sparse_match(const MetricBatch& batch, std::int64_t row) {
  return argmax(batch.prediction + row * batch.cols, batch.cols) == batch.labels[row] ? 1 : 0;
}

double categorical_match(const MetricBatch& batch, std::int64_t row) {
  const std::int64_t first = row * batch.cols;
  return argmax(batch.prediction + first, batch.cols) == largest_target(batch, row) ? 1 : 0;
}

double binary_match(const MetricBatch& batch, std::int64_t row, float threshold) {
  std::int64_t right = 0;
  for (std::int64_t i = row * batch.cols; i < (row + 1) * batch.cols; ++i) {
    const float target =
        batch.targets == nullptr ? static_cast<float>(batch.labels[row]) : batch.targets[i];
    right += (batch.prediction[i] > threshold ? 1.0F : 0.0F) == target ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(batch.cols);
}

double top_k_match(const MetricBatch& batch, std::int64_t row, std::int64_t label, std::int64_t k) {
  const float* scores = batch.prediction + row * batch.cols;
  std::int64_t above = 0;
  for (std::int64_t j = 0; j < batch.cols; ++j) {
    if (!std::isfinite(scores[j])) return 0;
    above += scores[j] > scores[label] ? 1 : 0;
  }
  return above < k ? 1 : 0;
}

std::int64_t largest_target(const MetricBatch& batch, std::int64_t row) {
  return argmax(batch.targets + row * batch.cols, batch.cols);
}

double squared_error(const MetricBatch& batch, std::int64_t row) {
  double sum = 0;
  for (std::int64_t i = row * batch.cols; i < (row + 1) * batch.cols; ++i) {
    const double d =
        static_cast<double>(batch.prediction[i]) - static_cast<double>(batch.targets[i]);
    sum += d * d;
  }
  return sum / static_cast<double>(batch.cols);
}

void require_at_least_one(std::string_view metric, std::string_view argument, std::int64_t value) {
  if (value >= 1) return;
  throw InvalidArgument({metric, argument, "at least 1", fmt::format("{}", value), ""});
}

}  // namespace minnow
