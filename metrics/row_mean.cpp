#include "metrics/row_mean.h"

#include <algorithm>

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
  return argmax(batch.prediction + first, batch.cols) == argmax(batch.targets + first, batch.cols)
             ? 1
             : 0;
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

}  // namespace minnow
