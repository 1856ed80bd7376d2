// A user's program that needs the engine alone (minnow::engine).

#include <minnow/core/train/model.h>
#include <minnow/layers/dense.h>

#include <iostream>

int main() {
  namespace mn = minnow;
  mn::Sequential model({mn::Input({1}), mn::Dense(1)}, {.threads = 1});
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const mn::History history = model.fit(mn::ones({8, 1}), mn::zeros({8, 1}), {.epochs = 20});
  const auto& loss = history["loss"];
  std::cout << loss.front() << " to " << loss.back() << '\n';
  return loss.back() < loss.front() ? 0 : 1;
}
