#include <algorithm>
#include <cmath>

#include "core/kernels/losses.h"
#include "core/kernels/row_sum.h"
#include "core/kernels/spans.h"

namespace minnow::kernels {
namespace {

float weight_of(const LossBatch& b, std::int64_t row) {
  return b.weights == nullptr ? 1.0F : b.weights[row];
}

double softmax_row_loss(const LossBatch& b, std::int64_t row) {
  const std::int64_t n = b.cols;
  const float* z = b.prediction + row * n;
  const float* t = b.targets == nullptr ? nullptr : b.targets + row * n;
  float* probabilities = b.probabilities == nullptr ? nullptr : b.probabilities + row * n;
  float* delta = b.delta == nullptr ? nullptr : b.delta + row * n;
  const float weight = weight_of(b, row);
  const float highest = highest_of(n, z);

  // What needs z comes before the exponentials, which may take its place.
  double target_sum = 1, target_dot = 0;
  if (t == nullptr) {
    target_dot = static_cast<double>(z[b.labels[row]]) - highest;
  } else {
    target_sum = 0;
    for (std::int64_t j = 0; j < n; ++j) {
      const double target = b.target_factor * t[j] + b.target_offset;
      target_sum += target;
      target_dot += target * (static_cast<double>(z[j]) - highest);
    }
  }
  float* e = probabilities != nullptr ? probabilities : delta;
  const double sum = exponentials(n, z, highest, e);
  const double inverse = 1 / sum;
  const double gradient = static_cast<double>(b.scale) * weight;
  if (delta != nullptr && weight == 0) {
    std::fill_n(delta, n, 0.0F);
  } else if (delta != nullptr && t != nullptr) {
    for (std::int64_t j = 0; j < n; ++j) {
      const double target = b.target_factor * t[j] + b.target_offset;
      delta[j] = static_cast<float>(gradient * (e[j] * inverse * target_sum - target));
    }
  } else if (delta != nullptr) {  // as if no class were the target, then the one that is
    const std::int32_t label = b.labels[row];
    const double p = e[label] * inverse;
    for (std::int64_t j = 0; j < n; ++j) delta[j] = static_cast<float>(gradient * (e[j] * inverse));
    delta[label] = static_cast<float>(gradient * (p - 1));
  }
  if (probabilities != nullptr) {
    for (std::int64_t j = 0; j < n; ++j) probabilities[j] = static_cast<float>(e[j] * inverse);
  }
  return weight == 0 ? 0 : weight * (target_sum * std::log(sum) - target_dot);
}

double sigmoid_rows_loss(const LossBatch& b, Span rows) {
  constexpr std::int64_t some = 256;
  float e[some], log1p_e[some];
  double total = 0;
  std::int64_t row = rows.begin, col = 0;
  const std::int64_t end = rows.end * b.cols;
  for (std::int64_t i = rows.begin * b.cols; i < end; i += some) {
    const std::int64_t width = std::min(some, end - i);
    for (std::int64_t j = 0; j < width; ++j) e[j] = -std::fabs(b.prediction[i + j]);
    exp_span(width, e, e);
    log1p_span(width, e, log1p_e);
    for (std::int64_t j = 0; j < width; ++j) {
      const double weight = static_cast<double>(weight_of(b, row)) / static_cast<double>(b.cols);
      const double z = b.prediction[i + j];
      const double t = b.target_factor * b.targets[i + j] + b.target_offset;
      const double p = (z >= 0 ? 1.0 : static_cast<double>(e[j])) / (1 + static_cast<double>(e[j]));
      if (weight != 0) total += weight * ((z > 0 ? z : 0.0) - z * t + log1p_e[j]);
      if (b.probabilities != nullptr) b.probabilities[i + j] = static_cast<float>(p);
      if (b.delta != nullptr) {
        b.delta[i + j] = weight == 0 ? 0.0F : static_cast<float>(b.scale * weight * (p - t));
      }
      if (++col == b.cols) {
        col = 0;
        ++row;
      }
    }
  }
  return total;
}

constexpr double ns_per_number = 3;

}  // namespace

double softmax_crossentropy(const Workers& workers, const LossBatch& batch) {
  return sum_over_rows(workers, batch.rows, ns_per_number * static_cast<double>(batch.cols),
                       [&](std::int64_t row) { return softmax_row_loss(batch, row); });
}

double sigmoid_crossentropy(const Workers& workers, const LossBatch& batch) {
  return sum_over_chunks(workers, batch.rows, ns_per_number * static_cast<double>(batch.cols),
                         [&](Span rows) { return sigmoid_rows_loss(batch, rows); });
}

}  // namespace minnow::kernels
