#include "core/kernels/updates.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/updates.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target: plain loops, vectorised by the
// compiler.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

void adam_update(std::int64_t n, const AdamStep& step, const float* HWY_RESTRICT g,
                 float* HWY_RESTRICT w, float* HWY_RESTRICT m, float* HWY_RESTRICT v) {
  const float rate = step.rate, epsilon = step.epsilon;
  const float keep_1 = step.one_minus_beta_1, keep_2 = step.one_minus_beta_2;
  for (std::int64_t i = 0; i < n; ++i) {
    m[i] += (g[i] - m[i]) * keep_1;
    v[i] += (g[i] * g[i] - v[i]) * keep_2;
    w[i] -= rate * m[i] / (std::sqrt(v[i]) + epsilon);
  }
}

void sgd_update(std::int64_t n, float rate, const float* HWY_RESTRICT g, float* HWY_RESTRICT w) {
  for (std::int64_t i = 0; i < n; ++i) w[i] -= rate * g[i];
}

void momentum_update(std::int64_t n, float rate, float momentum, bool nesterov,
                     const float* HWY_RESTRICT g, float* HWY_RESTRICT w,
                     float* HWY_RESTRICT velocity) {
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

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(adam_update);
HWY_EXPORT(sgd_update);
HWY_EXPORT(momentum_update);

void adam_update(std::int64_t n, const AdamStep& step, const float* g, float* w, float* m,
                 float* v) {
  HWY_DYNAMIC_DISPATCH(adam_update)(n, step, g, w, m, v);
}

void sgd_update(std::int64_t n, float rate, const float* g, float* w) {
  HWY_DYNAMIC_DISPATCH(sgd_update)(n, rate, g, w);
}

void momentum_update(std::int64_t n, float rate, float momentum, bool nesterov, const float* g,
                     float* w, float* velocity) {
  HWY_DYNAMIC_DISPATCH(momentum_update)(n, rate, momentum, nesterov, g, w, velocity);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
