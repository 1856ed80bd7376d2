#include <cmath>

#include "core/kernels/losses.h"
#include "core/kernels/row_sum.h"

namespace minnow::kernels {
namespace {

// Keras clips in float32, so the upper bound is 1 - 2^-23.
constexpr double lowest = 1e-7F;
constexpr double highest = static_cast<float>(1 - 1e-7);

double clip(double p) { return p < lowest ? lowest : p > highest ? highest : p; }  // NaN stays
// The clip's derivative, which is 1 on the bounds themselves, as in TensorFlow.
double clip_slope(double p) { return p < lowest || p > highest ? 0.0 : 1.0; }

struct Row {
  const float* p;
  const float* targets;  // null in sparse losses
  float* delta;          // null where not wanted
  double weight;
  double gradient;  // scale * weight
  double factor, offset;

  double target(std::int64_t j) const { return factor * targets[j] + offset; }
};

Row row_of(const LossBatch& b, std::int64_t row) {
  const std::int64_t at = row * b.cols;
  const double weight = b.weights == nullptr ? 1.0F : b.weights[row];
  return {b.prediction + at,
          b.targets == nullptr ? nullptr : b.targets + at,
          b.delta == nullptr ? nullptr : b.delta + at,
          weight,
          static_cast<double>(b.scale) * weight,
          b.target_factor,
          b.target_offset};
}

double sparse_row(std::int64_t n, const Row& r, std::int32_t label) {
  double sum = 0;
  for (std::int64_t j = 0; j < n; ++j) sum += clip(r.p[j]);
  const double chosen = clip(r.p[label]);
  for (std::int64_t j = 0; r.delta != nullptr && j < n; ++j) {
    const double d = 1 / sum - (j == label ? 1 / chosen : 0.0);
    r.delta[j] = static_cast<float>(r.gradient * d * clip_slope(r.p[j]));
  }
  return std::log(sum) - std::log(chosen);
}

// With q = p / sum p: d value / dp_j = (g_j - sum_k g_k q_k) / sum p, g = d value / dq.
double dense_row(std::int64_t n, const Row& r) {
  double sum = 0, value = 0, dot = 0;
  for (std::int64_t j = 0; j < n; ++j) sum += r.p[j];
  const auto slope = [&](std::int64_t j) {
    const double q = r.p[j] / sum;
    return -r.target(j) / clip(q) * clip_slope(q);
  };
  for (std::int64_t j = 0; j < n; ++j) {
    const double q = r.p[j] / sum;
    value -= r.target(j) * std::log(clip(q));
    dot += slope(j) * q;
  }
  for (std::int64_t j = 0; r.delta != nullptr && j < n; ++j) {
    r.delta[j] = static_cast<float>(r.gradient * (slope(j) - dot) / sum);
  }
  return value;
}

double binary_row(std::int64_t n, const Row& r) {
  double value = 0;
  const double gradient = r.gradient / static_cast<double>(n);
  for (std::int64_t j = 0; j < n; ++j) {
    const double c = clip(r.p[j]), t = r.target(j);
    value -= t * std::log(c) + (1 - t) * std::log1p(-c);
    if (r.delta == nullptr) continue;
    r.delta[j] = static_cast<float>(gradient * ((1 - t) / (1 - c) - t / c) * clip_slope(r.p[j]));
  }
  return value / static_cast<double>(n);
}

double squared_row(std::int64_t n, const Row& r) {
  double value = 0;
  const double gradient = 2 * r.gradient / static_cast<double>(n);
  for (std::int64_t j = 0; j < n; ++j) {
    const double d = static_cast<double>(r.p[j]) - r.targets[j];
    value += d * d;
    if (r.delta != nullptr) r.delta[j] = static_cast<float>(gradient * d);
  }
  return value / static_cast<double>(n);
}

template <class F>
double sum_of(const Workers& workers, const LossBatch& b, double ns_per_number, F&& value) {
  return sum_over_rows(workers, b.rows, ns_per_number * static_cast<double>(b.cols),
                       [&](std::int64_t i) {
                         const Row row = row_of(b, i);
                         if (row.weight != 0) return row.weight * value(row, i);
                         for (std::int64_t j = 0; row.delta != nullptr && j < b.cols; ++j) {
                           row.delta[j] = 0;
                         }
                         return 0.0;
                       });
}

}  // namespace

double sparse_crossentropy(const Workers& workers, const LossBatch& batch) {
  return sum_of(workers, batch, 3, [&](const Row& row, std::int64_t i) {
    return sparse_row(batch.cols, row, batch.labels[i]);
  });
}

double dense_crossentropy(const Workers& workers, const LossBatch& batch) {
  return sum_of(workers, batch, 25,
                [&](const Row& row, std::int64_t) { return dense_row(batch.cols, row); });
}

double binary_crossentropy(const Workers& workers, const LossBatch& batch) {
  return sum_of(workers, batch, 40,
                [&](const Row& row, std::int64_t) { return binary_row(batch.cols, row); });
}

double mean_squared_error(const Workers& workers, const LossBatch& batch) {
  return sum_of(workers, batch, 1,
                [&](const Row& row, std::int64_t) { return squared_row(batch.cols, row); });
}

}  // namespace minnow::kernels
