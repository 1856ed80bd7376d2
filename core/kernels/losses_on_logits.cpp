#include <algorithm>
#include <cmath>

#include "core/kernels/losses.h"
#include "core/kernels/row_sum.h"

namespace minnow::kernels {
namespace {

float weight_of(const LossBatch& b, std::int64_t row) {
  return b.weights == nullptr ? 1.0F : b.weights[row];
}

// Leaves exp(z - highest) in `e` unless that is null; it may be z. Returns the sum.
double exponentials(std::int64_t n, const float* z, float highest, float* e) {
  double sum = 0;
  for (std::int64_t j = 0; j < n; ++j) {
    const float v = std::exp(z[j] - highest);  // of no positive number: never overflows
    sum += v;
    if (e != nullptr) e[j] = v;
  }
  return sum;
}

double softmax_row_loss(const LossBatch& b, std::int64_t row) {
  const std::int64_t n = b.cols;
  const float* z = b.prediction + row * n;
  const float* t = b.targets == nullptr ? nullptr : b.targets + row * n;
  float* probabilities = b.probabilities == nullptr ? nullptr : b.probabilities + row * n;
  float* delta = b.delta == nullptr ? nullptr : b.delta + row * n;
  const float weight = weight_of(b, row);
  const float highest = *std::max_element(z, z + n);

  // What needs z comes before the exponentials, which may take its place.
  double target_sum = 1, target_dot = 0;
  if (t == nullptr) {
    target_dot = static_cast<double>(z[b.labels[row]]) - highest;
  } else {
    target_sum = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      target_sum += t[j];
      target_dot += t[j] * (static_cast<double>(z[j]) - highest);
    }
  }
  float* e = probabilities != nullptr ? probabilities : delta;
  const double sum = exponentials(n, z, highest, e);
  const double inverse = 1 / sum;
  const double gradient = static_cast<double>(b.scale) * weight;
  for (std::int64_t j = 0; e != nullptr && j < n; ++j) {
    const double p = e[j] * inverse;
    if (probabilities != nullptr) probabilities[j] = static_cast<float>(p);
    if (delta == nullptr) continue;
    const double target = t != nullptr ? t[j] : j == b.labels[row] ? 1.0 : 0.0;
    delta[j] = weight == 0 ? 0.0F : static_cast<float>(gradient * (p * target_sum - target));
  }
  return weight == 0 ? 0 : weight * (target_sum * std::log(sum) - target_dot);
}

double sigmoid_row_loss(const LossBatch& b, std::int64_t row) {
  const std::int64_t first = row * b.cols;
  const float weight = weight_of(b, row);
  const double gradient = static_cast<double>(b.scale) * weight / static_cast<double>(b.cols);
  double sum = 0;
  for (std::int64_t i = first; i < first + b.cols; ++i) {
    const double z = b.prediction[i], t = b.targets[i];
    const double e = std::exp(-std::fabs(b.prediction[i]));  // in float
    sum += (z > 0 ? z : 0.0) - z * t + std::log1p(e);
    const double p = z >= 0 ? 1 / (1 + e) : e / (1 + e);
    if (b.probabilities != nullptr) b.probabilities[i] = static_cast<float>(p);
    if (b.delta != nullptr) {
      b.delta[i] = weight == 0 ? 0.0F : static_cast<float>(gradient * (p - t));
    }
  }
  return weight == 0 ? 0 : weight * sum / static_cast<double>(b.cols);
}

constexpr double ns_per_number = 10;

}  // namespace

double softmax_crossentropy(const Workers& workers, const LossBatch& batch) {
  return sum_over_rows(workers, batch.rows, ns_per_number * static_cast<double>(batch.cols),
                       [&](std::int64_t row) { return softmax_row_loss(batch, row); });
}

double sigmoid_crossentropy(const Workers& workers, const LossBatch& batch) {
  return sum_over_rows(workers, batch.rows, 2 * ns_per_number * static_cast<double>(batch.cols),
                       [&](std::int64_t row) { return sigmoid_row_loss(batch, row); });
}

}  // namespace minnow::kernels
