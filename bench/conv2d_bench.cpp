// The convolutions of small image networks, in their three directions. A sample of the forward
// result is verified in double before anything is timed.
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
  std::int64_t batch;
  kernels::Conv2DSize size;
};

constexpr Problem problems[] = {
    {"ex1_28x28x1_to_32", 32, {28, 28, 1, 3, 3, 32, 26, 26}},
    {"convnet_13x13x32_to_64", 32, {13, 13, 32, 3, 3, 64, 11, 11}},
    {"rgb_32x32x3_to_32_same", 32, {32, 32, 3, 3, 3, 32, 32, 32, 1, 1, 1, 1}},
    {"deep_16x16x64_to_64_same", 8, {16, 16, 64, 3, 3, 64, 16, 16, 1, 1, 1, 1}},
    {"resnet_32x32x16_to_16_same", 8, {32, 32, 16, 3, 3, 16, 32, 32, 1, 1, 1, 1}},
    {"strided_28x28x16_to_32", 16, {28, 28, 16, 3, 3, 32, 14, 14, 2, 2}},
    {"odd_17x19x5_to_13_5x3", 16, {17, 19, 5, 5, 3, 13, 13, 17}},
};

struct Data {
  Numbers x, kernel, y;
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
      const std::int64_t row = i * s.stride_h + a - s.pad_top;
      const std::int64_t col = j * s.stride_w + b - s.pad_left;
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

using Engine = Run (*)(const Convolution&);

Run minnow_convolution(const Convolution& c) {
  return [c, workers = Workers(c.threads)] {
    switch (c.direction) {
      case Direction::forward:
        return kernels::conv2d_forward(workers, c.size, c.batch, c.x, c.kernel, c.y, {});
      case Direction::input:
        return kernels::conv2d_backward_input(workers, c.size, c.batch, c.y, c.kernel, c.x);
      case Direction::kernel:
        return kernels::conv2d_backward_kernel(workers, c.size, c.batch, c.x, c.y, c.kernel,
                                               nullptr, false);
    }
  };
}

void conv2d(benchmark::State& state, const Problem& p, Direction direction, Engine engine,
            int threads) {
  Data d(p);
  if (!verified(p, Workers(threads), d)) return state.SkipWithError("wrong result");
  const Run run = engine({.direction = direction,
                          .size = p.size,
                          .batch = p.batch,
                          .x = d.x.data(),
                          .kernel = d.kernel.data(),
                          .y = d.y.data(),
                          .threads = threads});
  for (auto _ : state) {
    run();
    benchmark::ClobberMemory();
  }
  const double terms = static_cast<double>(p.size.kernel_h * p.size.kernel_w * p.size.channels);
  report_flops(state, 2 * static_cast<double>(d.y.size()) * terms);
}

const bool registered = [] {
  constexpr std::pair<Direction, const char*> directions[] = {
      {Direction::forward, "forward"}, {Direction::input, "input"}, {Direction::kernel, "kernel"}};
  const std::pair<const char*, Engine> engines[] = {
      {"minnow", minnow_convolution},
#ifdef MINNOW_BENCH_ONEDNN
      {"onednn", onednn_convolution},
#endif
  };
  for (const Problem& p : problems) {
    for (const auto& [direction, direction_name] : directions) {
      for (const int threads : {1, 2}) {
        for (const auto& [engine_name, engine] : engines) {
          const std::string title = "conv2d/" + std::string(p.name) + "_" + direction_name + "/" +
                                    engine_name + "/threads:" + std::to_string(threads);
          benchmark::RegisterBenchmark(title.c_str(), [&p, d = direction, engine = engine,
                                                       threads](auto& state) {
            conv2d(state, p, d, engine, threads);
          })->UseRealTime();
        }
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace minnow::bench
