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

/// What a layer under test is told about its place: it stands behind a Dense called 'before', and
/// where it has more inputs, behind others called 'other'.
inline BuildContext behind_dense(const Layer& layer, const Shape& input,
                                 const std::vector<Shape>& more = {}) {
  BuildContext context{.layer = fmt::format("{} 'here'", layer.class_name()),
                       .inputs = {input},
                       .input_from = {"Dense 'before'"},
                       .trainable = layer.impl().trainable()};
  for (const Shape& other : more) {
    context.inputs.push_back(other);
    context.input_from.emplace_back("Dense 'other'");
  }
  return context;
}

/// How a pass is run; by default everything is asked for.
struct PassOptions {
  int threads = 1;
  bool training = true;
  bool wants_input_gradient = true;
  bool wants_weight_gradients = true;
  bool accumulate = false;
  bool as_epilogue = false;                         ///< let the layer apply its activation itself
  const kernels::Derivative* derivative = nullptr;  ///< to apply on the way back
};

/// One use of a layer with memory of its own: it does for one node what the engine does for a
/// graph.
class LayerRig {
 public:
  LayerRig(const Layer& layer, const Shape& input, unsigned seed = 1,
           const std::vector<Shape>& more_inputs = {})
      : inputs_{input}, op_(layer.impl().build(behind_dense(layer, input, more_inputs))) {
    inputs_.insert(inputs_.end(), more_inputs.begin(), more_inputs.end());
    for (const WeightSpec& spec : declaration().weights) {
      // A moving variance is above 0.
      weights.push_back(random_numbers(spec.shape.numel(), ++seed, spec.trainable ? -1 : 0.25F, 1));
      d_weights.push_back(all_nan(spec.shape.numel()));
    }
  }

  std::vector<float> x, y, dx;  // of several inputs one behind the other
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
      const auto inputs = parts<const float>(x.data(), rows);
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
    dx = all_nan(static_cast<std::int64_t>(x.size()));
    if (d.view) {
      dx = delta;
      return;
    }
    const auto inputs = parts<const float>(d.keeps_inputs ? x.data() : nullptr, rows);
    const auto d_inputs = parts(options.wants_input_gradient ? dx.data() : nullptr, rows);
    const auto memory = in_memory(weights);
    auto d_memory = in_memory(d_weights);
    std::vector<const float*> w;
    std::vector<float*> dw;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      w.push_back(memory[i].data());
      const bool wanted = options.wants_weight_gradients && d.weights[i].trainable;
      dw.push_back(wanted ? d_memory[i].data() : nullptr);
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
                   .noise = noise,
                   .derivative = options.derivative});
    for (std::size_t i = 0; i < weights.size(); ++i) {
      from_memory(d.weights[i], d_memory[i].data(), d_weights[i].data());
    }
  }

  /// After forward(): what a step that stood does to the weights.
  void finish_step(std::int64_t rows) {
    const Workers workers(1);
    std::vector<float*> w;
    for (auto& weight : weights) w.push_back(weight.data());
    op_->finish_step({.workers = workers, .rows = rows, .weights = w, .saved = saved_.data()});
  }

 private:
  std::vector<std::vector<float>> in_memory(const std::vector<std::vector<float>>& values) const {
    std::vector<std::vector<float>> memory = values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      to_memory(declaration().weights[i], values[i].data(), memory[i].data());
    }
    return memory;
  }

  // Where each input's numbers begin.
  template <class T>
  std::vector<T*> parts(T* first, std::int64_t rows) const {
    std::vector<T*> places;
    for (const Shape& input : inputs_) {
      places.push_back(first);
      if (first != nullptr) first += rows * input.numel();
    }
    return places;
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

  std::vector<Shape> inputs_;
  std::unique_ptr<LayerOp> op_;
  std::vector<float> before_;
  std::vector<std::byte> saved_, scratch_;
};

}  // namespace minnow::test
