// sgemm on the shapes of training: each is verified against a product in double before it is timed.
#include <cmath>
#include <string>
#include <vector>

#include "bench/peers.h"
#include "bench/support.h"
#include "core/parallel.h"

namespace minnow::bench {
namespace {

struct Problem {
  const char* name;
  kernels::GemmSize size;
  bool transpose_a, transpose_b;
};

constexpr Problem problems[] = {
    {"square_256", {256, 256, 256}, false, false},
    {"square_512", {512, 512, 512}, false, false},
    {"square_1024", {1024, 1024, 1024}, false, false},
    {"square_1024_tn", {1024, 1024, 1024}, true, false},
    {"square_1024_nt", {1024, 1024, 1024}, false, true},
    // Thin layers keep their kernel transposed.
    {"ex1_dense_forward", {32, 10, 21632}, false, true},
    {"ex1_dense_kernel", {10, 21632, 32}, true, false},
    {"ex1_dense_input", {32, 21632, 10}, false, false},
    {"mlp784_forward", {128, 512, 784}, false, false},
    {"mlp784_kernel", {784, 512, 128}, true, false},
    {"mlp784_input", {128, 784, 512}, false, true},
    {"mlp784_last_forward", {128, 10, 512}, false, true},
    // Rows whole pages apart, which caches have few places for.
    {"wide_forward", {128, 1024, 1024}, false, false},
    {"wide_kernel", {1024, 1024, 128}, true, false},
    {"wide_input", {128, 1024, 1024}, false, true},
    {"wide_few_rows", {32, 2048, 1024}, false, false},
    {"mlp10_forward", {32, 10, 10}, false, false},
    {"mlp10_kernel", {10, 10, 32}, true, false},
    {"one_row", {1, 512, 784}, false, false},
    {"odd", {97, 61, 133}, false, false},
};

double exact(const Problem& p, const Numbers& a, const Numbers& b, std::int64_t i, std::int64_t j) {
  const auto& [m, n, k] = p.size;
  double sum = 0;
  for (std::int64_t l = 0; l < k; ++l) {
    const auto at = static_cast<std::size_t>(p.transpose_a ? l * m + i : i * k + l);
    const auto bt = static_cast<std::size_t>(p.transpose_b ? j * k + l : l * n + j);
    sum += static_cast<double>(a[at]) * static_cast<double>(b[bt]);
  }
  return sum;
}

bool is_right(const Problem& p, const Numbers& a, const Numbers& b, const Numbers& c) {
  const auto& [m, n, k] = p.size;
  for (std::int64_t s = 0; s < 64; ++s) {
    const std::int64_t i = s * 7919 % m, j = s * 104729 % n;
    const double error = std::abs(c[static_cast<std::size_t>(i * n + j)] - exact(p, a, b, i, j));
    if (error > 1e-6 * static_cast<double>(k)) return false;
  }
  return true;
}

using Engine = Run (*)(const Gemm&);

Run minnow_gemm(const Gemm& g) {
  return [g, workers = Workers(g.threads)] {
    kernels::gemm(workers, g.size, g.a, g.b, g.c, g.size.n, false);
  };
}

void gemm(benchmark::State& state, const Problem& p, Engine engine, int threads) {
  const auto& [m, n, k] = p.size;
  const Numbers a = random(m * k, 1), b = random(k * n, 2);
  Numbers c(static_cast<std::size_t>(m * n));
  const Run run = engine({.size = p.size,
                          .a = {a.data(), p.transpose_a ? m : k, p.transpose_a},
                          .b = {b.data(), p.transpose_b ? k : n, p.transpose_b},
                          .c = c.data(),
                          .threads = threads});
  run();
  if (!is_right(p, a, b, c)) return state.SkipWithError("wrong result");
  for (auto _ : state) {
    run();
    benchmark::ClobberMemory();
  }
  report_flops(state, 2 * static_cast<double>(m * n * k));
}

const bool registered = [] {
  const std::pair<const char*, Engine> engines[] = {
      {"minnow", minnow_gemm},
#ifdef MINNOW_BENCH_ONEDNN
      {"onednn", onednn_gemm},
#endif
#ifdef MINNOW_BENCH_EIGEN
      {"eigen", eigen_gemm},
#endif
  };
  for (const Problem& p : problems) {
    for (const int threads : {1, 2}) {
      for (const auto& [name, engine] : engines) {
        const std::string title =
            "gemm/" + std::string(p.name) + "/" + name + "/threads:" + std::to_string(threads);
        benchmark::RegisterBenchmark(title.c_str(), [&p, engine = engine, threads](auto& state) {
          gemm(state, p, engine, threads);
        })->UseRealTime();
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace minnow::bench
