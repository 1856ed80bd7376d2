// The layers that are no product, convolution or map of single numbers, forward and back as a
// training step runs them: GB/s count the inputs and the output once each way. The contract tests
// verify them; here only their time is of interest.
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/peers.h"
#include "bench/support.h"
#include "core/parallel.h"
#include "minnow.h"

namespace minnow::bench {
namespace {

// 12 images of 26 x 26 x 32: what example 1's convolution gives.
constexpr std::int64_t rows = 12, side = 26, channels = 32;
constexpr std::int64_t places = rows * side * side, numbers = places * channels;
const Shape image{side, side, channels};

struct Case {
  const char* name;
  Layer (*make)();
  std::vector<Shape> inputs = {image};
};

std::vector<Case> cases() {
  const std::vector<Shape> two = {image, image};
  return {
      {"global_average_pooling", [] { return Layer(GlobalAveragePooling2D()); }},
      {"global_max_pooling", [] { return Layer(GlobalMaxPooling2D()); }},
      {"batch_normalization", [] { return Layer(BatchNormalization()); }},
      {"layer_normalization", [] { return Layer(LayerNormalization()); }},
      {"normalization", [] { return Layer(Normalization()); }},
      {"rescaling", [] { return Layer(Rescaling(0.5F)); }},
      {"gaussian_noise", [] { return Layer(GaussianNoise(0.5F)); }},
      {"spatial_dropout", [] { return Layer(SpatialDropout2D(0.5F)); }},
      {"zero_padding", [] { return Layer(ZeroPadding2D()); }},
      {"up_sampling", [] { return Layer(UpSampling2D()); }},
      {"depthwise_conv2d_3x3", [] { return Layer(DepthwiseConv2D(3, {.padding = "same"})); }},
      {"add", [] { return Layer(Add()); }, two},
      {"subtract", [] { return Layer(Subtract()); }, two},
      {"multiply", [] { return Layer(Multiply()); }, two},
      {"average", [] { return Layer(Average()); }, two},
      {"maximum", [] { return Layer(Maximum()); }, two},
      {"concatenate", [] { return Layer(Concatenate()); }, two},
      {"permute",
       [] {
         return Layer(Permute({3, 1, 2}));
       }},
      {"leaky_relu", [] { return Layer(LeakyReLU()); }},
      {"prelu",
       [] {
         return Layer(PReLU({.shared_axes = {1, 2}}));
       }},
      {"elu", [] { return Layer(ELU()); }},
  };
}

std::vector<const float*> reading(const std::vector<Numbers>& values) {
  std::vector<const float*> all;
  for (const auto& v : values) all.push_back(v.data());
  return all;
}

std::vector<float*> writing(std::vector<Numbers>& values) {
  std::vector<float*> all;
  for (auto& v : values) all.push_back(v.data());
  return all;
}

// One use of a layer with all its memory.
class Step {
 public:
  Step(const Case& c, int threads) : workers_(threads) {
    const Layer layer = c.make();
    BuildContext context{.layer = c.name, .inputs = c.inputs, .input_from = {}};
    context.input_from.resize(c.inputs.size(), "random numbers");
    op_ = layer.impl().build(context);
    const Declaration& d = op_->declaration();
    for (const Shape& shape : c.inputs) x_.push_back(random(rows * shape.numel(), 1));
    dx_ = x_;
    for (const WeightSpec& spec : d.weights) {
      w_.push_back(random(spec.shape.numel(), 2));
      for (float& w : w_.back()) w = std::abs(w) + 0.1F;
    }
    dw_ = w_;
    y_ = dy_ = random(rows * d.output.numel(), 3);
    saved_.resize(static_cast<std::size_t>(d.saved.fixed + rows * d.saved.per_row));
    scratch_.resize(static_cast<std::size_t>(d.scratch.fixed + rows * d.scratch.per_row));
    inputs_ = reading(x_);
    weights_ = reading(w_);
    d_inputs_ = writing(dx_);
    d_weights_ = writing(dw_);
    for (std::size_t i = 0; i < d.weights.size(); ++i) {
      if (!d.weights[i].trainable) d_weights_[i] = nullptr;
    }
  }

  void forward() {
    const Declaration& d = op_->declaration();
    const std::int64_t cols = d.output.back(), count = rows * d.output.numel() / cols;
    if (d.view) {
      return kernels::activate(workers_, d.activation, count, cols, x_[0].data(), y_.data());
    }
    op_->forward({.workers = workers_,
                  .rows = rows,
                  .inputs = inputs_,
                  .output = y_.data(),
                  .weights = weights_,
                  .epilogue = {},
                  .saved = saved_.data(),
                  .scratch = scratch_.data(),
                  .training = true,
                  .noise = {{1, 2}, 3}});
  }

  void backward() {
    const Declaration& d = op_->declaration();
    if (d.view) {
      const std::int64_t cols = d.output.back(), count = rows * d.output.numel() / cols;
      // In place, so that dy shrinks: as in training, what is subnormal counts as zero.
      return workers_.together(1e6, [&](const Workers& team) {
        kernels::activate_backward(team, d.activation, count, cols, y_.data(), dy_.data());
      });
    }
    op_->backward({.workers = workers_,
                   .rows = rows,
                   .inputs = inputs_,
                   .output = y_.data(),
                   .d_output = dy_.data(),
                   .d_inputs = d_inputs_,
                   .weights = weights_,
                   .d_weights = d_weights_,
                   .accumulate = false,
                   .saved = saved_.data(),
                   .scratch = scratch_.data(),
                   .noise = {{1, 2}, 3}});
  }

  // Of one direction.
  double bytes() const {
    std::size_t all = y_.size();
    for (const auto& x : x_) all += x.size();
    return 4 * static_cast<double>(all);
  }

 private:
  Workers workers_;
  std::unique_ptr<LayerOp> op_;
  std::vector<Numbers> x_, dx_, w_, dw_;
  Numbers y_, dy_;
  std::vector<std::byte> saved_, scratch_;
  std::vector<const float*> inputs_, weights_;
  std::vector<float*> d_inputs_, d_weights_;
};

void time(benchmark::State& state, double bytes, const Run& run) {
  for (auto _ : state) {
    run();
    benchmark::ClobberMemory();
  }
  report_bytes(state, bytes);
}

void add(const std::string& name, const std::string& engine, int threads,
         void (*bench)(benchmark::State&, const Case&, int), const Case& c) {
  const std::string title = "layer/" + name + "/" + engine + "/threads:" + std::to_string(threads);
  benchmark::RegisterBenchmark(title.c_str(), [=](auto& state) {
    bench(state, c, threads);
  })->UseRealTime();
}

void forward(benchmark::State& state, const Case& c, int threads) {
  Step step(c, threads);
  time(state, step.bytes(), [&] { step.forward(); });
}

void backward(benchmark::State& state, const Case& c, int threads) {
  Step step(c, threads);
  step.forward();
  time(state, step.bytes(), [&] { step.backward(); });
}

#ifdef MINNOW_BENCH_ONEDNN
// A convolution in as many groups as there are channels.
Convolution depthwise(Direction direction, Numbers& x, Numbers& kernel, Numbers& y, int threads) {
  return {.direction = direction,
          .size = {.height = side,
                   .width = side,
                   .channels = channels,
                   .kernel_h = 3,
                   .kernel_w = 3,
                   .filters = channels,
                   .out_h = side,
                   .out_w = side,
                   .pad_top = 1,
                   .pad_left = 1,
                   .groups = channels},
          .batch = rows,
          .x = x.data(),
          .kernel = kernel.data(),
          .y = y.data(),
          .threads = threads};
}

void onednn_backward(benchmark::State& state, const Case&, int threads) {
  Numbers x = random(numbers, 1), kernel = random(9 * channels, 2), y = random(numbers, 3);
  const Run of_input = onednn_convolution(depthwise(Direction::input, x, kernel, y, threads));
  const Run of_kernel = onednn_convolution(depthwise(Direction::kernel, x, kernel, y, threads));
  time(state, 8.0 * numbers, [&] {
    of_input();
    of_kernel();
  });
}

void onednn(benchmark::State& state, const Case& c, int threads) {
  Numbers x = random(numbers, 1), y = x;
  const std::string name = c.name;
  if (name.starts_with("global")) {
    const auto kind = name == "global_max_pooling" ? Pooling::largest : Pooling::average;
    time(state, 4.0 * (numbers + rows * channels),
         onednn_global_pool(kind, rows, side, channels, x.data(), y.data(), threads));
  } else if (name.starts_with("depthwise")) {
    Numbers kernel = random(9 * channels, 2);
    time(state, 8.0 * numbers,
         onednn_convolution(depthwise(Direction::forward, x, kernel, y, threads)));
  } else if (name == "batch_normalization") {
    time(state, 8.0 * numbers,
         onednn_batch_norm(rows, side, channels, x.data(), y.data(), threads));
  } else {
    time(state, 8.0 * numbers, onednn_layer_norm(places, channels, x.data(), y.data(), threads));
  }
}
#endif

const bool registered = [] {
  for (const Case& c : cases()) {
    const std::string name = c.name;
    for (const int threads : {1, 2}) {
      add(name, "minnow", threads, forward, c);
      add(name + "_backward", "minnow", threads, backward, c);
#ifdef MINNOW_BENCH_ONEDNN
      const bool depthwise = name.starts_with("depthwise");
      const bool neighbour = name.starts_with("global") || name.starts_with("batch") ||
                             name.starts_with("layer") || depthwise;
      if (neighbour) add(name, "onednn", threads, onednn, c);
      if (depthwise) add(name + "_backward", "onednn", threads, onednn_backward, c);
#endif
    }
  }
  return true;
}();

}  // namespace
}  // namespace minnow::bench
