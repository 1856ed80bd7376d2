#pragma once

#include <cstdint>

namespace minnow {
class Workers;

namespace kernels {

/// One batch as a loss sees it: `rows` values, each computed from a row of `cols` numbers.
struct LossBatch {
  std::int64_t rows = 0, cols = 0;
  const float* prediction = nullptr;     ///< rows x cols: probabilities, logits or plain outputs
  const std::int32_t* labels = nullptr;  ///< rows class numbers, for sparse losses ...
  const float* targets = nullptr;        ///< ... or rows x cols numbers, for the others
  /// Cross-entropies take factor t + offset for a target t (label smoothing).
  double target_factor = 1, target_offset = 0;
  const float* weights = nullptr;  ///< rows weights, or null for all 1
  float scale = 1;                 ///< delta is scaled by this (1 / number of values, loss weights)
  float* probabilities = nullptr;  ///< where losses on logits leave softmax / sigmoid of them, or
                                   ///< null; may be the prediction's memory
  /// rows x cols: scale * weight * d value / d prediction; null: not wanted.
  float* delta = nullptr;
};

// Each returns the sum over rows of weight * value, added up in an order that depends on the sizes
// only. A row of weight 0 counts 0 and gets a delta of 0, whatever its numbers are; its
// probabilities are written all the same. `epsilon` of the clipping is 1e-7. NaN in a prediction of
// any other weight makes the sum NaN.

/// value = log(sum exp z) - z[label], or sum t (log(sum exp z) - z); delta = softmax(z) sum(t) - t.
double softmax_crossentropy(const Workers& workers, const LossBatch& batch);
/// value = -log(c[label] / sum c) with c = clip(p, epsilon, 1 - epsilon): Keras's sparse form.
double sparse_crossentropy(const Workers& workers, const LossBatch& batch);
/// value = -sum t log(clip(p / sum p, epsilon, 1 - epsilon)): Keras's dense form.
double dense_crossentropy(const Workers& workers, const LossBatch& batch);
/// value = mean over cols of max(z, 0) - z t + log(1 + exp(-|z|)); delta = (sigmoid(z) - t) / cols.
double sigmoid_crossentropy(const Workers& workers, const LossBatch& batch);
/// value = mean over cols of -(t log c + (1 - t) log(1 - c)), c = clip(p, epsilon, 1 - epsilon).
double binary_crossentropy(const Workers& workers, const LossBatch& batch);
/// value = mean over cols of (p - t)^2; delta = 2 (p - t) / cols.
double mean_squared_error(const Workers& workers, const LossBatch& batch);

// The following are Keras's too; slopes at corners are TensorFlow's.

/// value = mean over cols of |p - t|; the slope at 0 is 0.
double mean_absolute_error(const Workers& workers, const LossBatch& batch);
/// value = 100 mean over cols of |p - t| / max(|t|, epsilon).
double mean_absolute_percentage_error(const Workers& workers, const LossBatch& batch);
/// value = mean over cols of (log(1 + max(p, epsilon)) - log(1 + max(t, epsilon)))^2.
double mean_squared_logarithmic_error(const Workers& workers, const LossBatch& batch);
/// value = mean over cols of e^2 / 2 where |e| <= bound, else bound |e| - bound^2 / 2; e = p - t.
double huber(const Workers& workers, const LossBatch& batch, float bound);
/// value = mean over cols of log(cosh(p - t)).
double log_cosh(const Workers& workers, const LossBatch& batch);
/// value = mean over cols of max(1 - t p, 0), or of its square. Targets that are 0 or 1 throughout
/// the batch stand for -1 and 1.
double hinge(const Workers& workers, const LossBatch& batch);
double squared_hinge(const Workers& workers, const LossBatch& batch);
/// value = max(1 + max of (1 - t) p - sum t p, 0) over a row.
double categorical_hinge(const Workers& workers, const LossBatch& batch);
/// value = sum c(t) log(c(t) / c(p)) with c = clip to [epsilon, 1].
double kl_divergence(const Workers& workers, const LossBatch& batch);
/// value = mean over cols of p - t log(p + epsilon).
double poisson(const Workers& workers, const LossBatch& batch);

}  // namespace kernels
}  // namespace minnow
