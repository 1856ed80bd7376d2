#pragma once

#include <cstdint>

#include "activation.h"

namespace minnow {
class Workers;

namespace kernels {

/// Mean and variance (the mean square of the distance from the mean) of each column of rows x cols
/// numbers, zeros of no rows. The sums' order depends on the sizes only.
void column_moments(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
                    float* mean, float* variance);

/// What a batch normalisation uses for each column; gamma and beta may be null, for 1 and 0.
struct ColumnNorm {
  std::int64_t rows, cols;
  const float *mean, *variance;
  float epsilon;
  const float* gamma;
  const float* beta;
};

/// y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta). `scratch`: cols floats.
void batch_norm_forward(const Workers& workers, const ColumnNorm& norm, const float* x,
                        const ActivationFn& f, float* y, float* scratch);

/// Where gradients go; each may be null. gamma's and beta's are of cols floats.
struct NormGradients {
  float *dx, *dgamma, *dbeta;
  bool accumulate;  ///< dgamma and dbeta add to what is there
};

/// From dy, where mean and variance are x's own. `scratch`: 3 cols floats.
///   dbeta = sum dy, dgamma = sum dy x', dx = gamma (dy - mean(dy) - x' mean(dy x')) / s
/// with x' = (x - mean) / s and s = sqrt(variance + epsilon).
void batch_norm_backward(const Workers& workers, const ColumnNorm& norm, const float* x,
                         const float* dy, const NormGradients& gradients, float* scratch);
/// Where they are given numbers: dx = gamma dy / s. `scratch`: cols floats.
void fixed_norm_backward(const Workers& workers, const ColumnNorm& norm, const float* dy, float* dx,
                         float* scratch);

/// A layer normalisation: each of rows x cols is brought to mean 0 and variance 1 by itself.
struct RowNorm {
  std::int64_t rows, cols;
  float epsilon;
  const float* gamma;  ///< of each column, or null
  const float* beta;
};

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta. `saved` (null when nobody will go back)
/// receives mean and 1 / sqrt(variance + epsilon) of each row.
void layer_norm_forward(const Workers& workers, const RowNorm& norm, const float* x, float* y,
                        float* saved);

/// Pieces of the rows whose gradients are summed apart: each takes 2 cols floats of scratch.
inline constexpr std::int64_t layer_norm_pieces = 16;
/// As batch_norm_backward, along rows.
void layer_norm_backward(const Workers& workers, const RowNorm& norm, const float* x,
                         const float* dy, const float* saved, const NormGradients& gradients,
                         float* scratch);

}  // namespace kernels
}  // namespace minnow
