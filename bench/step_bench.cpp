// One training step of four small networks, data and door included.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "minnow.h"

namespace minnow {
namespace {

struct Job {
  const char* name;
  std::vector<Layer> (*layers)();
  const char* loss;
  Shape row;
  std::int64_t classes;
};

std::vector<Layer> ex1() {
  return {Input({28, 28, 1}), Conv2D(32, 3, {.activation = "relu"}), Flatten(),
          Dense(10, {.activation = "softmax"})};
}
std::vector<Layer> convnet() {
  return {Input({28, 28, 1}), Conv2D(32, 3, {.activation = "relu"}),
          MaxPooling2D(),     Conv2D(64, 3, {.activation = "relu"}),
          MaxPooling2D(),     Flatten(),
          Dropout(0.5F),      Dense(10, {.activation = "softmax"})};
}
std::vector<Layer> mlp784() {
  return {Input({784}), Dense(512, {.activation = "relu"}), Dense(512, {.activation = "relu"}),
          Dense(10, {.activation = "softmax"})};
}
std::vector<Layer> mlp10() {
  return {Input({10}), Dense(10, {.activation = "relu"}), Dense(1, {.activation = "sigmoid"})};
}

const Job jobs[] = {
    {"ex1", ex1, "sparse_categorical_crossentropy", {28, 28, 1}, 10},
    {"convnet", convnet, "sparse_categorical_crossentropy", {28, 28, 1}, 10},
    {"mlp784", mlp784, "sparse_categorical_crossentropy", {784}, 10},
    {"mlp10", mlp10, "binary_crossentropy", {10}, 2},
};

void step(benchmark::State& state, const Job& job, std::int64_t batch, int threads) {
  Sequential model(job.layers(), {.threads = threads});
  model.compile({.optimizer = "adam", .loss = job.loss});
  Rng rng(1);
  const Tensor x = uniform(job.row.with_batch(batch), rng);
  const Tensor y = randint(0, job.classes, {batch}, rng);
  for (auto _ : state) model.train_on_batch(x, y);
  state.counters["rows/s"] =
      benchmark::Counter(static_cast<double>(batch) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

const bool registered = [] {
  for (const Job& job : jobs) {
    for (std::int64_t batch : {32, 128}) {
      for (int threads : {1, 2}) {
        const std::string title = "step/" + std::string(job.name) +
                                  "/batch:" + std::to_string(batch) +
                                  "/threads:" + std::to_string(threads);
        benchmark::RegisterBenchmark(title.c_str(), [&job, batch, threads](auto& state) {
          step(state, job, batch, threads);
        })->UseRealTime();
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace minnow
