#pragma once

#include <cstdint>

namespace minnow {
class Workers;

namespace kernels {

// Optimizer updates of n weights in a row. Single-threaded on a range: the caller cuts a tensor
// into ranges, or lets a range follow its gradient; each weight is independent of the others.

/// m += (g - m)(1 - beta_1); v += (g^2 - v)(1 - beta_2); w -= rate m / (sqrt(v) + epsilon).
/// `rate` is the learning rate with both bias corrections in it: Keras's convention for epsilon.
struct AdamStep {
  float rate, one_minus_beta_1, one_minus_beta_2, epsilon;
};
void adam_update(std::int64_t n, const AdamStep& step, const float* g, float* w, float* m,
                 float* v);

/// The same with the largest v so far, v_hat = max(v_hat, v), under the root (AMSGrad).
void amsgrad_update(std::int64_t n, const AdamStep& step, const float* g, float* w, float* m,
                    float* v, float* v_hat);

/// m and v as in Adam; w -= rate (of_momentum m + of_gradient g) / (sqrt(v / correction) +
/// epsilon).
struct NadamStep {
  float rate, of_momentum, of_gradient, correction, one_minus_beta_1, one_minus_beta_2, epsilon;
};
void nadam_update(std::int64_t n, const NadamStep& step, const float* g, float* w, float* m,
                  float* v);

/// velocity = rho velocity + (1 - rho) g^2; step = rate g / sqrt(velocity + epsilon); w -= step.
/// With an average (null: without), average = rho average + (1 - rho) g, and its square is taken
/// from the velocity under the root. With a moment (null: without), moment = momentum moment + step
/// and w -= moment.
struct RMSpropStep {
  float rate, rho, one_minus_rho, momentum, epsilon;
};
void rmsprop_update(std::int64_t n, const RMSpropStep& step, const float* g, float* w,
                    float* velocity, float* moment, float* average);

/// accumulator += g^2; w -= rate g / sqrt(accumulator + epsilon).
void adagrad_update(std::int64_t n, float rate, float epsilon, const float* g, float* w,
                    float* accumulator);

/// w -= rate g.
void sgd_update(std::int64_t n, float rate, const float* g, float* w);
/// velocity = momentum velocity - rate g; w += velocity, or with nesterov
/// w += momentum velocity - rate g.
void momentum_update(std::int64_t n, float rate, float momentum, bool nesterov, const float* g,
                     float* w, float* velocity);

// What may come before an update.

/// w -= w decay rate.
void decay_update(std::int64_t n, float decay, float rate, float* w);
/// g = g times / over: the order of the two roundings is Keras's.
void scale_gradient(std::int64_t n, float times, float over, float* g);
/// g = min(max(g, -most), most).
void clip_gradient(std::int64_t n, float most, float* g);
/// Added up in an order that depends on n only.
double sum_of_squares(const Workers& workers, std::int64_t n, const float* g);

}  // namespace kernels
}  // namespace minnow
