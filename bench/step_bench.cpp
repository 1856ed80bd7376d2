// One training step of four small networks, data and door included.
#include <benchmark/benchmark.h>

#include <string>

#include "apps/minnow/jobs.h"
#include "minnow.h"

namespace minnow {
namespace {

using apps::Job;

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
  for (const Job& job : apps::training_jobs()) {
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
