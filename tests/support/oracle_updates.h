#pragma once

#include <algorithm>
#include <cmath>

namespace minnow::test::oracle {

/// One weight under Adam (Kingma and Ba 2015, with epsilon as at the end of section 2 there, which
/// is Keras's way).
struct Adam {
  double learning_rate = 1e-3, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  bool amsgrad = false;
  double w = 0, m = 0, v = 0, highest = 0;
  int t = 0;

  double rate_of_step(int step) const {
    return learning_rate * std::sqrt(1 - std::pow(beta_2, step)) / (1 - std::pow(beta_1, step));
  }
  void step(double g) {
    ++t;
    m = beta_1 * m + (1 - beta_1) * g;
    v = beta_2 * v + (1 - beta_2) * g * g;
    highest = std::max(highest, v);
    w -= rate_of_step(t) * m / (std::sqrt(amsgrad ? highest : v) + epsilon);
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

/// One weight under Nadam, with Keras's course of the momentum.
struct Nadam {
  double learning_rate = 1e-3, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7;
  double w = 0, m = 0, v = 0, product = 1;
  int t = 0;

  double momentum(int step) const { return beta_1 * (1 - 0.5 * std::pow(0.96, step)); }
  void step(double g) {
    ++t;
    m = beta_1 * m + (1 - beta_1) * g;
    v = beta_2 * v + (1 - beta_2) * g * g;
    product *= momentum(t);
    const double next = momentum(t + 1);
    const double ahead = next * m / (1 - product * next) + (1 - momentum(t)) * g / (1 - product);
    w -= learning_rate * ahead / (std::sqrt(v / (1 - std::pow(beta_2, t))) + epsilon);
  }
};

/// One weight under RMSprop, as in Keras.
struct RMSprop {
  double learning_rate = 1e-3, rho = 0.9, momentum = 0, epsilon = 1e-7;
  bool centered = false;
  double w = 0, square = 0, mean = 0, moved = 0;

  void step(double g) {
    square = rho * square + (1 - rho) * g * g;
    mean = rho * mean + (1 - rho) * g;
    const double variance = centered ? square - mean * mean : square;
    moved = momentum * moved + learning_rate * g / std::sqrt(variance + epsilon);
    w -= moved;
  }
};

/// One weight under Adagrad, as in Keras.
struct Adagrad {
  double learning_rate = 1e-3, accumulator = 0.1, epsilon = 1e-7;
  double w = 0;

  void step(double g) {
    accumulator += g * g;
    w -= learning_rate * g / std::sqrt(accumulator + epsilon);
  }
};

}  // namespace minnow::test::oracle
