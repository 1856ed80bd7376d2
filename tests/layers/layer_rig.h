#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/layer.h"
#include "core/graph/parameters.h"
#include "core/kernels/activation.h"
#include "core/rng.h"
#include "tests/support/numbers.h"

namespace minnow::test {

/// What a layer under test is told about its place: it stands behind a Dense called 'before'.
inline BuildContext behind_dense(const Layer& layer, const Shape& input) {
  return {.layer = fmt::format("{} 'here'", layer.class_name()),
          .inputs = {input},
          .input_from = {"Dense 'before'"}};
}

/// How a pass is run; by default everything is asked for.
struct PassOptions {
  int threads = 1;
  bool training = true;
  bool wants_input_gradient = true;
  bool wants_weight_gradients = true;
  bool accumulate = false;
  bool as_epilogue = false;  ///< let the layer apply its activation itself
};

/// One use of a layer with memory of its own: it does for one node what the engine does for a
/// graph.
class LayerRig {
 public:
  LayerRig(const Layer& layer, const Shape& input, unsigned seed = 1)
      : input_(input), op_(layer.impl().build(behind_dense(layer, input))) {
    for (const WeightSpec& spec : declaration().weights) {
      weights.push_back(random_numbers(spec.shape.numel(), ++seed, -1, 1));
      d_weights.push_back(all_nan(spec.shape.numel()));
    }
  }

  std::vector<float> x, y, dx;
  std::vector<std::vector<float>> weights, d_weights;
  kernels::NoiseKey noise = {.key = {7, 11}, .step = 3};

  const Declaration& declaration() const { return op_->declaration(); }

  /// From x to y, the output after the layer's activation.
  void forward(std::int64_t rows, const PassOptions& options = {}) {
    const Workers workers(options.threads);
    const Declaration& d = declaration();
    before_ = all_nan(rows * d.output.numel());
    saved_.assign(bytes(d.saved, rows), std::byte{0xAB});
    scratch_.assign(bytes(d.scratch, rows), std::byte{0xAB});
    const bool runs = !d.view && (options.training || !d.identity_in_inference);
    if (runs) {
      const float* inputs[] = {x.data()};
      const auto memory = in_memory(weights);
      std::vector<const float*> w;
      for (const auto& weight : memory) w.push_back(weight.data());
      op_->forward({.workers = workers,
                    .rows = rows,
                    .inputs = inputs,
                    .output = before_.data(),
                    .weights = w,
                    .epilogue = options.as_epilogue ? d.activation : ActivationFn{},
                    .saved = options.training ? saved_.data() : nullptr,
                    .scratch = scratch_.data(),
                    .training = options.training,
                    .noise = noise});
    } else {
      before_ = x;
    }
    y = before_;
    if (options.as_epilogue) return;
    const auto [m, n] = matrix(rows);
    kernels::activate(workers, d.activation, m, n, before_.data(), y.data());
  }

  /// From d loss / dy to dx and d_weights, after forward().
  void backward(std::int64_t rows, const std::vector<float>& dy, const PassOptions& options = {}) {
    const Workers workers(options.threads);
    const Declaration& d = declaration();
    std::vector<float> delta = dy;
    const auto [m, n] = matrix(rows);
    const bool from_input = kernels::derivative_needs_input(d.activation);
    kernels::activate_backward(workers, d.activation, m, n, from_input ? before_.data() : y.data(),
                               delta.data());
    dx = all_nan(rows * input_.numel());
    if (d.view) {
      dx = delta;
      return;
    }
    const float* inputs[] = {d.keeps_inputs ? x.data() : nullptr};
    float* d_inputs[] = {options.wants_input_gradient ? dx.data() : nullptr};
    const auto memory = in_memory(weights);
    auto d_memory = in_memory(d_weights);
    std::vector<const float*> w;
    std::vector<float*> dw;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      w.push_back(memory[i].data());
      dw.push_back(options.wants_weight_gradients ? d_memory[i].data() : nullptr);
    }
    scratch_.assign(bytes(d.scratch, rows), std::byte{0xAB});
    op_->backward({.workers = workers,
                   .rows = rows,
                   .inputs = inputs,
                   .output = d.keeps_output ? before_.data() : nullptr,
                   .d_output = delta.data(),
                   .d_inputs = d_inputs,
                   .weights = w,
                   .d_weights = dw,
                   .accumulate = options.accumulate,
                   .saved = saved_.data(),
                   .scratch = scratch_.data(),
                   .noise = noise});
    for (std::size_t i = 0; i < weights.size(); ++i) {
      from_memory(d.weights[i], d_memory[i].data(), d_weights[i].data());
    }
  }

 private:
  std::vector<std::vector<float>> in_memory(const std::vector<std::vector<float>>& values) const {
    std::vector<std::vector<float>> memory = values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      to_memory(declaration().weights[i], values[i].data(), memory[i].data());
    }
    return memory;
  }

  static std::size_t bytes(const BufferSize& size, std::int64_t rows) {
    return static_cast<std::size_t>(size.fixed + rows * size.per_row);
  }

  struct Matrix {
    std::int64_t rows, cols;
  };
  Matrix matrix(std::int64_t rows) const {
    const Shape& output = declaration().output;
    const std::int64_t cols = output.rank() == 0 ? 1 : output.back();
    return {rows * (output.numel() / cols), cols};
  }

  Shape input_;
  std::unique_ptr<LayerOp> op_;
  std::vector<float> before_;
  std::vector<std::byte> saved_, scratch_;
};

}  // namespace minnow::test
