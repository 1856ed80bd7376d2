// The convolutions of small image networks, in their three directions. A sample of the forward
// result is verified in double before anything is timed.
#include <benchmark/benchmark.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/kernels/conv2d.h"
#include "core/parallel.h"
#include "core/rng.h"

namespace minnow {
namespace {

struct Problem {
  const char* name;
  std::int64_t batch;
  kernels::Conv2DSize size;
};

constexpr Problem problems[] = {
    {"ex1_28x28x1_to_32", 32, {28, 28, 1, 3, 3, 32, 26, 26}},
    {"convnet_13x13x32_to_64", 32, {13, 13, 32, 3, 3, 64, 11, 11}},
    {"rgb_32x32x3_to_32_same", 32, {32, 32, 3, 3, 3, 32, 32, 32, 1, 1, 1, 1}},
    {"deep_16x16x64_to_64_same", 8, {16, 16, 64, 3, 3, 64, 16, 16, 1, 1, 1, 1}},
};

enum class Direction { forward, input, kernel };

std::vector<float> random(std::int64_t n, std::uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(static_cast<std::size_t>(n));
  for (float& v : values) v = rng.uniform() - 0.5F;
  return values;
}

struct Data {
  std::vector<float> x, kernel, y;
  explicit Data(const Problem& p)
      : x(random(p.batch * p.size.height * p.size.width * p.size.channels, 1)),
        kernel(random(p.size.kernel_h * p.size.kernel_w * p.size.channels * p.size.filters, 2)),
        y(random(p.batch * p.size.out_h * p.size.out_w * p.size.filters, 3)) {}
};

// The first image's output at (i, j, f).
double exact(const kernels::Conv2DSize& s, const Data& d, std::int64_t i, std::int64_t j,
             std::int64_t f) {
  double sum = 0;
  for (std::int64_t a = 0; a < s.kernel_h; ++a) {
    for (std::int64_t b = 0; b < s.kernel_w; ++b) {
      const std::int64_t row = i + a - s.pad_top, col = j + b - s.pad_left;
      if (row < 0 || row >= s.height || col < 0 || col >= s.width) continue;
      for (std::int64_t c = 0; c < s.channels; ++c) {
        const auto x = static_cast<std::size_t>((row * s.width + col) * s.channels + c);
        const auto k =
            static_cast<std::size_t>(((a * s.kernel_w + b) * s.channels + c) * s.filters + f);
        sum += static_cast<double>(d.x[x]) * static_cast<double>(d.kernel[k]);
      }
    }
  }
  return sum;
}

bool verified(const Problem& p, const Workers& workers, Data& d) {
  const kernels::Conv2DSize& s = p.size;
  kernels::conv2d_forward(workers, s, p.batch, d.x.data(), d.kernel.data(), d.y.data(), {});
  for (std::int64_t n = 0; n < 64; ++n) {
    const std::int64_t i = n * 7919 % s.out_h, j = n * 104729 % s.out_w, f = n % s.filters;
    const auto at = static_cast<std::size_t>((i * s.out_w + j) * s.filters + f);
    if (std::abs(d.y[at] - exact(s, d, i, j, f)) > 1e-4) return false;
  }
  return true;
}

void conv2d(benchmark::State& state, const Problem& p, Direction direction, int threads) {
  Data d(p);
  const Workers workers(threads);
  if (!verified(p, workers, d)) {
    state.SkipWithError("wrong result");
    return;
  }
  std::vector<float> out = direction == Direction::input ? d.x : d.kernel;
  for (auto _ : state) {
    switch (direction) {
      case Direction::forward:
        kernels::conv2d_forward(workers, p.size, p.batch, d.x.data(), d.kernel.data(), d.y.data(),
                                {});
        break;
      case Direction::input:
        kernels::conv2d_backward_input(workers, p.size, p.batch, d.y.data(), d.kernel.data(),
                                       out.data());
        break;
      case Direction::kernel:
        kernels::conv2d_backward_kernel(workers, p.size, p.batch, d.x.data(), d.y.data(),
                                        out.data(), false);
        break;
    }
    benchmark::ClobberMemory();
  }
  const double flops = 2.0 * static_cast<double>(d.y.size()) *
                       static_cast<double>(p.size.kernel_h * p.size.kernel_w * p.size.channels);
  state.counters["GFLOP/s"] = benchmark::Counter(
      1e-9 * flops * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

const bool registered = [] {
  constexpr std::pair<Direction, const char*> directions[] = {
      {Direction::forward, "forward"}, {Direction::input, "input"}, {Direction::kernel, "kernel"}};
  for (const Problem& p : problems) {
    for (const auto& [direction, name] : directions) {
      for (int threads : {1, 2}) {
        const std::string title =
            "conv2d/" + std::string(p.name) + "/" + name + "/threads:" + std::to_string(threads);
        benchmark::RegisterBenchmark(title.c_str(), [&p, d = direction, threads](auto& state) {
          conv2d(state, p, d, threads);
        })->UseRealTime();
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace minnow
