#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <new>
#include <vector>

#include "core/buffer.h"
#include "core/rng.h"

// What the benchmarks share. Every benchmark is named kernel/shape/engine/threads:N, the engine
// being minnow or a library beside it that works on the same data.
namespace minnow::bench {

/// Memory that begins where the engine's own tensors do.
template <class T>
struct Allocator {
  using value_type = T;
  Allocator() = default;
  template <class U>
  Allocator(const Allocator<U>& /*other*/) {}

  T* allocate(std::size_t n) {
    return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{Buffer::alignment}));
  }
  void deallocate(T* p, std::size_t /*n*/) {
    ::operator delete (p, std::align_val_t{Buffer::alignment});
  }
  bool operator==(const Allocator& /*other*/) const { return true; }
};
using Numbers = std::vector<float, Allocator<float>>;

/// Numbers from -0.5 to 0.5.
inline Numbers random(std::int64_t n, std::uint64_t seed) {
  Rng rng(seed);
  Numbers values(static_cast<std::size_t>(n));
  for (float& v : values) v = rng.uniform() - 0.5F;
  return values;
}

/// Counter GFLOP/s.
inline void report_flops(benchmark::State& state, double flops) {
  state.counters["GFLOP/s"] = benchmark::Counter(
      1e-9 * flops * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

/// Counter GB/s of what has to be read and written at least.
inline void report_bytes(benchmark::State& state, double bytes) {
  using benchmark::Counter;
  state.counters["GB/s"] =
      Counter(1e-9 * bytes * static_cast<double>(state.iterations()), Counter::kIsRate);
}

}  // namespace minnow::bench
