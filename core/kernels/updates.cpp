#include "core/kernels/updates.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/row_sum.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/updates.cpp"
#define MINNOW_WITHOUT_SSE4
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

void amsgrad_update(std::int64_t n, const AdamStep& step, const float* HWY_RESTRICT g,
                    float* HWY_RESTRICT w, float* HWY_RESTRICT m, float* HWY_RESTRICT v,
                    float* HWY_RESTRICT v_hat) {
  const float rate = step.rate, epsilon = step.epsilon;
  const float keep_1 = step.one_minus_beta_1, keep_2 = step.one_minus_beta_2;
  for (std::int64_t i = 0; i < n; ++i) {
    m[i] += (g[i] - m[i]) * keep_1;
    v[i] += (g[i] * g[i] - v[i]) * keep_2;
    v_hat[i] = v[i] > v_hat[i] ? v[i] : v_hat[i];
    w[i] -= rate * m[i] / (std::sqrt(v_hat[i]) + epsilon);
  }
}

void nadam_update(std::int64_t n, const NadamStep& step, const float* HWY_RESTRICT g,
                  float* HWY_RESTRICT w, float* HWY_RESTRICT m, float* HWY_RESTRICT v) {
  const NadamStep s = step;
  for (std::int64_t i = 0; i < n; ++i) {
    m[i] += (g[i] - m[i]) * s.one_minus_beta_1;
    v[i] += (g[i] * g[i] - v[i]) * s.one_minus_beta_2;
    const float ahead = s.of_momentum * m[i] + s.of_gradient * g[i];
    w[i] -= ahead * s.rate / (std::sqrt(v[i] / s.correction) + s.epsilon);
  }
}

// Null pointers are known at compile time, so that each of the four loops is vectorised.
template <bool has_moment, bool centered>
void rmsprop_loop(std::int64_t n, const RMSpropStep& step, const float* HWY_RESTRICT g,
                  float* HWY_RESTRICT w, float* HWY_RESTRICT velocity, float* HWY_RESTRICT moment,
                  float* HWY_RESTRICT average) {
  const RMSpropStep s = step;
  for (std::int64_t i = 0; i < n; ++i) {
    velocity[i] = s.rho * velocity[i] + s.one_minus_rho * (g[i] * g[i]);
    float square = velocity[i];
    if constexpr (centered) {
      average[i] = s.rho * average[i] + s.one_minus_rho * g[i];
      square -= average[i] * average[i];
    }
    const float change = s.rate * g[i] / std::sqrt(square + s.epsilon);
    if constexpr (has_moment) {
      moment[i] = s.momentum * moment[i] + change;
      w[i] -= moment[i];
    } else {
      w[i] -= change;
    }
  }
}

void rmsprop_update(std::int64_t n, const RMSpropStep& step, const float* g, float* w,
                    float* velocity, float* moment, float* average) {
  const auto run =
      moment != nullptr
          ? (average != nullptr ? rmsprop_loop<true, true> : rmsprop_loop<true, false>)
          : (average != nullptr ? rmsprop_loop<false, true> : rmsprop_loop<false, false>);
  run(n, step, g, w, velocity, moment, average);
}

void adagrad_update(std::int64_t n, float rate, float epsilon, const float* HWY_RESTRICT g,
                    float* HWY_RESTRICT w, float* HWY_RESTRICT accumulator) {
  for (std::int64_t i = 0; i < n; ++i) {
    accumulator[i] += g[i] * g[i];
    w[i] -= rate * g[i] / std::sqrt(accumulator[i] + epsilon);
  }
}

void decay_update(std::int64_t n, float decay, float rate, float* HWY_RESTRICT w) {
  for (std::int64_t i = 0; i < n; ++i) w[i] -= w[i] * decay * rate;
}

void scale_gradient(std::int64_t n, float times, float over, float* HWY_RESTRICT g) {
  if (over == 1) {
    for (std::int64_t i = 0; i < n; ++i) g[i] *= times;
  } else {
    for (std::int64_t i = 0; i < n; ++i) g[i] = g[i] * times / over;
  }
}

void clip_gradient(std::int64_t n, float most, float* HWY_RESTRICT g) {
  for (std::int64_t i = 0; i < n; ++i) g[i] = std::min(std::max(g[i], -most), most);
}

// Eight sums side by side, whatever the width of a register.
double squares_span(std::int64_t n, const float* HWY_RESTRICT g) {
  constexpr std::int64_t lanes = 8;
  double sums[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      sums[lane] += static_cast<double>(g[i + lane]) * g[i + lane];
    }
  }
  for (; i < n; ++i) sums[i % lanes] += static_cast<double>(g[i]) * g[i];
  double sum = 0;
  for (const double s : sums) sum += s;
  return sum;
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
HWY_EXPORT(amsgrad_update);
HWY_EXPORT(nadam_update);
HWY_EXPORT(rmsprop_update);
HWY_EXPORT(adagrad_update);
HWY_EXPORT(decay_update);
HWY_EXPORT(scale_gradient);
HWY_EXPORT(clip_gradient);
HWY_EXPORT(squares_span);
HWY_EXPORT(sgd_update);
HWY_EXPORT(momentum_update);

void adam_update(std::int64_t n, const AdamStep& step, const float* g, float* w, float* m,
                 float* v) {
  HWY_DYNAMIC_DISPATCH(adam_update)(n, step, g, w, m, v);
}

void amsgrad_update(std::int64_t n, const AdamStep& step, const float* g, float* w, float* m,
                    float* v, float* v_hat) {
  HWY_DYNAMIC_DISPATCH(amsgrad_update)(n, step, g, w, m, v, v_hat);
}

void nadam_update(std::int64_t n, const NadamStep& step, const float* g, float* w, float* m,
                  float* v) {
  HWY_DYNAMIC_DISPATCH(nadam_update)(n, step, g, w, m, v);
}

void rmsprop_update(std::int64_t n, const RMSpropStep& step, const float* g, float* w,
                    float* velocity, float* moment, float* average) {
  HWY_DYNAMIC_DISPATCH(rmsprop_update)(n, step, g, w, velocity, moment, average);
}

void adagrad_update(std::int64_t n, float rate, float epsilon, const float* g, float* w,
                    float* accumulator) {
  HWY_DYNAMIC_DISPATCH(adagrad_update)(n, rate, epsilon, g, w, accumulator);
}

void decay_update(std::int64_t n, float decay, float rate, float* w) {
  HWY_DYNAMIC_DISPATCH(decay_update)(n, decay, rate, w);
}

void scale_gradient(std::int64_t n, float times, float over, float* g) {
  HWY_DYNAMIC_DISPATCH(scale_gradient)(n, times, over, g);
}

void clip_gradient(std::int64_t n, float most, float* g) {
  HWY_DYNAMIC_DISPATCH(clip_gradient)(n, most, g);
}

double sum_of_squares(const Workers& workers, std::int64_t n, const float* g) {
  return sum_over_chunks(workers, n, 0.3, [&](Span some) {
    return HWY_DYNAMIC_DISPATCH(squares_span)(some.size(), g + some.begin);
  });
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
