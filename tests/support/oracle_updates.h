#pragma once

#include <cmath>

namespace minnow::test::oracle {

/// One weight under Adam (Kingma and Ba 2015, with epsilon as at the end of section 2 there, which
/// is Keras's way).
struct Adam {
  double learning_rate = 1e-3, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  double w = 0, m = 0, v = 0;
  int t = 0;

  double rate_of_step(int step) const {
    return learning_rate * std::sqrt(1 - std::pow(beta_2, step)) / (1 - std::pow(beta_1, step));
  }
  void step(double g) {
    ++t;
    m = beta_1 * m + (1 - beta_1) * g;
    v = beta_2 * v + (1 - beta_2) * g * g;
    w -= rate_of_step(t) * m / (std::sqrt(v) + epsilon);
  }
};

/// One weight under gradient descent with momentum, as in Keras.
struct Momentum {
  double learning_rate = 0.01, momentum = 0;
  bool nesterov = false;
  double w = 0, velocity = 0;

  void step(double g) {
    velocity = momentum * velocity - learning_rate * g;
    w += nesterov ? momentum * velocity - learning_rate * g : velocity;
  }
};

}  // namespace minnow::test::oracle
