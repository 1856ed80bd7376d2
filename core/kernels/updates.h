#pragma once

#include <cstdint>

namespace minnow::kernels {

// Optimizer updates of n weights in a row. Single-threaded on a range: the caller cuts a tensor
// into ranges, or lets a range follow its gradient; each weight is independent of the others.

/// m += (g - m)(1 - beta_1); v += (g^2 - v)(1 - beta_2); w -= rate m / (sqrt(v) + epsilon).
/// `rate` is the learning rate with both bias corrections in it: Keras's convention for epsilon.
struct AdamStep {
  float rate, one_minus_beta_1, one_minus_beta_2, epsilon;
};
void adam_update(std::int64_t n, const AdamStep& step, const float* g, float* w, float* m,
                 float* v);

/// w -= rate g.
void sgd_update(std::int64_t n, float rate, const float* g, float* w);
/// velocity = momentum velocity - rate g; w += velocity, or with nesterov
/// w += momentum velocity - rate g.
void momentum_update(std::int64_t n, float rate, float momentum, bool nesterov, const float* g,
                     float* w, float* velocity);

}  // namespace minnow::kernels
