// What is bound by memory or by functions of single numbers: GB/s count what has to be read and
// written at least. The tests verify these kernels; here only their time is of interest.
#include <numeric>
#include <string>
#include <vector>

#include "bench/peers.h"
#include "bench/support.h"
#include "core/kernels/activation.h"
#include "core/kernels/elementwise.h"
#include "core/kernels/losses.h"
#include "core/kernels/pool2d.h"
#include "core/kernels/updates.h"
#include "core/parallel.h"

namespace minnow::bench {
namespace {

constexpr std::int64_t many = std::int64_t{1} << 18;

// Data that a benchmark's runs share: as many numbers as it asks for in each place.
struct Data {
  Numbers a, b, c, d;
  std::vector<std::int32_t> places;
  std::vector<std::uint8_t> bytes;
  std::vector<std::int64_t> rows;
  explicit Data(std::int64_t n) : a(random(n, 1)), b(random(n, 2)), c(a), d(random(n, 3)) {
    for (float& v : d) v = v * v;
  }
};

using Prepare = Run (*)(Data&, int threads);

struct Case {
  const char* name;
  const char* engine;
  std::int64_t n;
  double bytes_per_number;
  Prepare prepare;
};

template <ActivationKind kind>
Run activate(Data& d, int threads) {
  return [&d, workers = Workers(threads)] {
    kernels::activate(workers, {kind}, many / 32, 32, d.a.data(), d.b.data());
  };
}

template <ActivationKind kind>
Run activate_backward(Data& d, int threads) {
  return [&d, workers = Workers(threads)] {
    kernels::activate_backward(workers, {kind}, many / 32, 32, d.a.data(), d.b.data());
  };
}

template <Map map>
Run onednn(Data& d, int threads) {
  return onednn_map(map, many, d.a.data(), d.b.data(), threads);
}

template <Map map>
Run eigen(Data& d, int) {
  return eigen_map(map, many, d.a.data(), d.b.data());
}

template <std::int64_t cols>
Run softmax(Data& d, int threads) {
  return [&d, workers = Workers(threads)] {
    kernels::activate(workers, {ActivationKind::softmax}, 32, cols, d.a.data(), d.b.data());
  };
}

template <std::int64_t cols>
Run softmax_onednn(Data& d, int threads) {
  return onednn_softmax(32, cols, d.a.data(), d.b.data(), threads);
}

template <std::int64_t cols>
Run softmax_loss(Data& d, int threads) {
  d.places.resize(32);
  for (std::size_t i = 0; i < 32; ++i) d.places[i] = static_cast<std::int32_t>(i % cols);
  return [&d, workers = Workers(threads)] {
    const double loss = kernels::softmax_crossentropy(workers, {.rows = 32,
                                                                .cols = cols,
                                                                .prediction = d.a.data(),
                                                                .labels = d.places.data(),
                                                                .probabilities = d.b.data(),
                                                                .delta = d.c.data()});
    benchmark::DoNotOptimize(loss);
  };
}

Run sigmoid_loss(Data& d, int threads) {
  return [&d, workers = Workers(threads)] {
    const double loss = kernels::sigmoid_crossentropy(workers, {.rows = 4096,
                                                                .cols = 1,
                                                                .prediction = d.a.data(),
                                                                .targets = d.b.data(),
                                                                .delta = d.c.data()});
    benchmark::DoNotOptimize(loss);
  };
}

Run all_finite(Data& d, int threads) {
  return [&d, workers = Workers(threads)] {
    benchmark::DoNotOptimize(kernels::all_finite(workers, many, d.a.data()));
  };
}

Run dropout(Data& d, int threads) {
  return [&d, workers = Workers(threads)] {
    kernels::dropout(workers, many, 0.5F, {{1, 2}, 3}, d.a.data(), d.b.data());
  };
}

Run adam(Data& d, int threads) {
  return [&d, workers = Workers(threads)] {
    workers.for_range(many, 2, [&d](std::int64_t begin, std::int64_t end) {
      kernels::adam_update(end - begin, {1e-3F, 0.1F, 0.001F, 1e-7F}, d.a.data() + begin,
                           d.b.data() + begin, d.c.data() + begin, d.d.data() + begin);
    });
  };
}

Run adam_eigen(Data& d, int) {
  return eigen_adam(many, d.a.data(), d.b.data(), d.c.data(), d.d.data());
}

Run sgd_momentum(Data& d, int threads) {
  return [&d, workers = Workers(threads)] {
    workers.for_range(many, 1, [&d](std::int64_t begin, std::int64_t end) {
      kernels::momentum_update(end - begin, 0.01F, 0.9F, false, d.a.data() + begin,
                               d.b.data() + begin, d.c.data() + begin);
    });
  };
}

// A batch of 256 images of bytes out of 1,024, as floats from 0 to 1.
Run gather_bytes(Data& d, int threads) {
  d.bytes.assign(4 * many, 128);
  d.rows.resize(256);
  for (std::size_t i = 0; i < 256; ++i) d.rows[i] = static_cast<std::int64_t>(i * 389 % 1024);
  return [&d, workers = Workers(threads)] {
    kernels::gather_rows<std::uint8_t>(
        workers, {.rows = d.rows.data(), .count = 256, .row_size = 1024, .scale = 1 / 255.0F},
        d.bytes.data(), d.b.data());
  };
}

constexpr kernels::Pool2DSize pool{26, 26, 32, 2, 2, 13, 13, 2, 2};
constexpr std::int64_t pooled = 12;  // images of 26 x 26 x 32

Run max_pool(Data& d, int threads) {
  d.places.resize(static_cast<std::size_t>(many));
  return [&d, workers = Workers(threads)] {
    kernels::max_pool_forward(workers, pool, pooled, d.a.data(), d.b.data(), d.places.data());
  };
}

Run max_pool_backward(Data& d, int threads) {
  max_pool(d, threads)();
  return [&d, workers = Workers(threads)] {
    kernels::max_pool_backward(workers, pool, pooled, d.b.data(), d.places.data(), nullptr,
                               d.c.data());
  };
}

Run max_pool_onednn(Data& d, int threads) {
  return onednn_max_pool(pooled, 26, 32, d.a.data(), d.b.data(), threads);
}

Run average_pool(Data& d, int threads) {
  return [&d, workers = Workers(threads)] {
    kernels::average_pool_forward(workers, pool, pooled, d.a.data(), d.b.data());
  };
}

constexpr std::int64_t pool_numbers = pooled * 26 * 26 * 32;

constexpr Case cases[] = {
    {"relu", "minnow", many, 8, activate<ActivationKind::relu>},
    {"relu_backward", "minnow", many, 12, activate_backward<ActivationKind::relu>},
    {"sigmoid", "minnow", many, 8, activate<ActivationKind::sigmoid>},
    {"tanh", "minnow", many, 8, activate<ActivationKind::tanh>},
    {"gelu", "minnow", many, 8, activate<ActivationKind::gelu>},
    {"softmax_32x10", "minnow", 320, 8, softmax<10>},
    {"softmax_32x1000", "minnow", 32000, 8, softmax<1000>},
    {"softmax_crossentropy_32x10", "minnow", 320, 12, softmax_loss<10>},
    {"sigmoid_crossentropy_4096x1", "minnow", 4096, 12, sigmoid_loss},
    {"all_finite", "minnow", many, 4, all_finite},
    {"dropout", "minnow", many, 8, dropout},
    {"adam", "minnow", many, 28, adam},
    {"sgd_momentum", "minnow", many, 20, sgd_momentum},
    {"gather_bytes", "minnow", many, 5, gather_bytes},
    {"max_pool", "minnow", pool_numbers, 6, max_pool},
    {"max_pool_backward", "minnow", pool_numbers, 6, max_pool_backward},
    {"average_pool", "minnow", pool_numbers, 5, average_pool},
#ifdef MINNOW_BENCH_ONEDNN
    {"relu", "onednn", many, 8, onednn<Map::relu>},
    {"sigmoid", "onednn", many, 8, onednn<Map::sigmoid>},
    {"tanh", "onednn", many, 8, onednn<Map::tanh>},
    {"softmax_32x10", "onednn", 320, 8, softmax_onednn<10>},
    {"softmax_32x1000", "onednn", 32000, 8, softmax_onednn<1000>},
    {"max_pool", "onednn", pool_numbers, 6, max_pool_onednn},
#endif
#ifdef MINNOW_BENCH_EIGEN
    {"relu", "eigen", many, 8, eigen<Map::relu>},
    {"sigmoid", "eigen", many, 8, eigen<Map::sigmoid>},
    {"tanh", "eigen", many, 8, eigen<Map::tanh>},
    {"adam", "eigen", many, 28, adam_eigen},
#endif
};

void elementwise(benchmark::State& state, const Case& c, int threads) {
  Data data(std::max(many, c.n));
  const Run run = c.prepare(data, threads);
  for (auto _ : state) {
    run();
    benchmark::ClobberMemory();
  }
  report_bytes(state, c.bytes_per_number * static_cast<double>(c.n));
}

const bool registered = [] {
  for (const Case& c : cases) {
    for (const int threads : {1, 2}) {
      const bool eigen_alone = std::string(c.engine) == "eigen";  // its arrays know no threads
      if (eigen_alone && threads > 1) continue;
      const std::string title = "elementwise/" + std::string(c.name) + "/" + c.engine +
                                "/threads:" + std::to_string(threads);
      benchmark::RegisterBenchmark(title.c_str(), [&c, threads](auto& state) {
        elementwise(state, c, threads);
      })->UseRealTime();
    }
  }
  return true;
}();

}  // namespace
}  // namespace minnow::bench
