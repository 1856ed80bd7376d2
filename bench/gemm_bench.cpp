// sgemm on the shapes of training: each is verified against a product in double before it is timed.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/kernels/gemm.h"
#include "core/parallel.h"
#include "core/rng.h"

namespace minnow {
namespace {

struct Problem {
  const char* name;
  kernels::GemmSize size;
  bool transpose_a, transpose_b;
};

constexpr Problem problems[] = {
    {"square_256", {256, 256, 256}, false, false},
    {"square_1024", {1024, 1024, 1024}, false, false},
    {"ex1_dense_forward", {32, 10, 21632}, false, false},
    {"ex1_dense_kernel", {21632, 10, 32}, true, false},
    {"ex1_dense_input", {32, 21632, 10}, false, true},
    {"mlp784_forward", {128, 512, 784}, false, false},
    {"mlp784_kernel", {784, 512, 128}, true, false},
    {"mlp784_input", {128, 784, 512}, false, true},
    {"mlp10_forward", {32, 10, 10}, false, false},
    {"odd", {97, 61, 133}, false, false},
};

std::vector<float> random(std::int64_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& v : values) v = rng.uniform() - 0.5F;
  return values;
}

double exact(const Problem& p, const std::vector<float>& a, const std::vector<float>& b,
             std::int64_t i, std::int64_t j) {
  const auto& [m, n, k] = p.size;
  double sum = 0;
  for (std::int64_t l = 0; l < k; ++l) {
    const auto at = static_cast<std::size_t>(p.transpose_a ? l * m + i : i * k + l);
    const auto bt = static_cast<std::size_t>(p.transpose_b ? j * k + l : l * n + j);
    sum += static_cast<double>(a[at]) * static_cast<double>(b[bt]);
  }
  return sum;
}

void gemm(benchmark::State& state, const Problem& p, int threads) {
  const auto& [m, n, k] = p.size;
  const std::vector<float> a = random(m * k, 1), b = random(k * n, 2);
  std::vector<float> c(static_cast<std::size_t>(m * n));
  const Workers workers(threads);
  const kernels::Operand left{a.data(), p.transpose_a ? m : k, p.transpose_a};
  const kernels::Operand right{b.data(), p.transpose_b ? k : n, p.transpose_b};
  const auto run = [&] { kernels::gemm(workers, p.size, left, right, c.data(), n, false); };
  run();
  for (std::int64_t s = 0; s < 64; ++s) {
    const std::int64_t i = s * 7919 % m, j = s * 104729 % n;
    const double error = std::abs(c[static_cast<std::size_t>(i * n + j)] - exact(p, a, b, i, j));
    if (error > 1e-6 * static_cast<double>(k)) {
      state.SkipWithError("wrong result");
      return;
    }
  }
  for (auto _ : state) {
    run();
    benchmark::ClobberMemory();
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      2e-9 * static_cast<double>(m * n * k) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

const bool registered = [] {
  for (const Problem& p : problems) {
    for (int threads : {1, 2}) {
      benchmark::RegisterBenchmark(
          ("gemm/" + std::string(p.name) + "/threads:" + std::to_string(threads)).c_str(),
          [&p, threads](benchmark::State& state) { gemm(state, p, threads); })
          ->UseRealTime();
    }
  }
  return true;
}();

}  // namespace
}  // namespace minnow
