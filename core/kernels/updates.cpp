#include "core/kernels/updates.h"

#include <cmath>

namespace minnow::kernels {

void adam_update(std::int64_t n, const AdamStep& step, const float* __restrict g,
                 float* __restrict w, float* __restrict m, float* __restrict v) {
  const float rate = step.rate, epsilon = step.epsilon;
  const float keep_1 = step.one_minus_beta_1, keep_2 = step.one_minus_beta_2;
  for (std::int64_t i = 0; i < n; ++i) {
    m[i] += (g[i] - m[i]) * keep_1;
    v[i] += (g[i] * g[i] - v[i]) * keep_2;
    w[i] -= rate * m[i] / (std::sqrt(v[i]) + epsilon);
  }
}

void sgd_update(std::int64_t n, float rate, const float* __restrict g, float* __restrict w) {
  for (std::int64_t i = 0; i < n; ++i) w[i] -= rate * g[i];
}

void momentum_update(std::int64_t n, float rate, float momentum, bool nesterov,
                     const float* __restrict g, float* __restrict w, float* __restrict velocity) {
  if (nesterov) {
    for (std::int64_t i = 0; i < n; ++i) {
      const float step = rate * g[i];
      velocity[i] = momentum * velocity[i] - step;
      w[i] += momentum * velocity[i] - step;
    }
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    velocity[i] = momentum * velocity[i] - rate * g[i];
    w[i] += velocity[i];
  }
}

}  // namespace minnow::kernels
