#include "core/graph/engine.h"

#include <algorithm>
#include <cstring>

#include "core/kernels/activation.h"
#include "core/kernels/elementwise.h"
#include "core/rng.h"

namespace minnow {
namespace {

// Every slice of a step draws noise of its own.
std::uint64_t noise_step(const Pass& pass) { return pass.step | pass.slice << 48; }

// A shape as rows of its last axis, for what works along it.
struct Matrix {
  std::int64_t rows, cols;
};
Matrix as_rows(const Shape& shape, std::int64_t batch) {
  const std::int64_t cols = shape.rank() == 0 ? 1 : shape.back();
  return {batch * (shape.numel() / cols), cols};
}

}  // namespace

Engine::Engine(const Graph& graph, const PlanOptions& options, std::int64_t rows,
               std::uint64_t seed)
    : graph_(&graph),
      rows_at_a_time_(rows_at_a_time(graph, options)),
      plan_(graph, options, std::min(rows, rows_at_a_time_)),
      training_(options.training),
      pointers_(graph.nodes().size()) {
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    const GraphNode& node = graph.nodes()[i];
    Pointers& p = pointers_[i];
    p.inputs.resize(node.inputs.size());
    p.kept_inputs.resize(node.inputs.size());
    p.d_inputs.resize(node.inputs.size());
    p.weights.resize(node.weights.size());
    p.mutable_weights.resize(node.weights.size());
    p.d_weights.resize(node.weights.size());
    // Every use of a layer has noise of its own, and the same on every run.
    const std::uint64_t stream = hash_name(node.name) + i;
    const auto key = philox4x32(
        {static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32), 0, 0},
        {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
    p.noise.key = {key[0], key[1]};
  }
  for (int output : graph.outputs()) {
    // The merged activation may sit on the node that a chain of views shows.
    int root = output;
    const auto passes_on = [&](int i) {
      const NodePlan& n = plan_.nodes()[at(i)];
      return !n.runs && !n.merged && n.activation.kind == ActivationKind::linear &&
             !graph.node(i).inputs.empty();
    };
    while (passes_on(root)) root = graph.node(root).inputs.front();
    on_logits_.push_back(plan_.nodes()[at(root)].merged);
  }
}

void Engine::bind(std::byte* arena, ParameterStore& parameters) {
  arena_ = arena;
  const auto bytes = [&](int buffer) {
    return buffer < 0 ? nullptr : arena + plan_.offset(buffer);
  };
  const auto floats = [&](int buffer) { return reinterpret_cast<float*>(bytes(buffer)); };
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    const NodePlan& n = plan_.nodes()[i];
    Pointers& p = pointers_[i];
    p.before = floats(n.before);
    p.value = floats(n.value);
    p.delta = floats(n.delta);
    p.saved = bytes(n.saved);
    p.scratch = bytes(n.scratch);
    p.backward_scratch = bytes(n.backward_scratch);
  }
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    const GraphNode& node = graph_->nodes()[i];
    const NodePlan& n = plan_.nodes()[i];
    Pointers& p = pointers_[i];
    for (std::size_t k = 0; k < node.inputs.size(); ++k) {
      const Pointers& source = pointers_[at(node.inputs[k])];
      p.inputs[k] = source.value;
      p.kept_inputs[k] = node.declaration().keeps_inputs ? source.value : nullptr;
      const Route route = n.routes.empty() ? Route::none : n.routes[k];
      p.d_inputs[k] = route == Route::write                    ? source.delta
                      : route == Route::add && n.aside[k] >= 0 ? floats(n.aside[k])
                                                               : nullptr;
    }
    for (std::size_t k = 0; k < node.weights.size(); ++k) {
      p.weights[k] = p.mutable_weights[k] = parameters.weight(node.weights[k]);
      p.d_weights[k] = parameters.gradient(node.weights[k]);
    }
    if (n.derived >= 0) {
      Pointers& source = pointers_[at(n.derived)];
      p.derivative = {plan_.nodes()[at(n.derived)].activation, floats(n.derivative_reads),
                      &source.finite};
    }
  }
}

void Engine::forward_node(int i, const Pass& pass) {
  const NodePlan& n = plan_.nodes()[at(i)];
  const GraphNode& node = graph_->node(i);
  Pointers& p = pointers_[at(i)];
  const ActivationFn none;
  if (n.runs) {
    p.noise.step = noise_step(pass);
    node.op->forward({.workers = pass.workers,
                      .rows = pass.rows,
                      .inputs = p.inputs,
                      .output = p.before,
                      .weights = p.weights,
                      .epilogue = n.epilogue ? n.activation : none,
                      .saved = p.saved,
                      .scratch = p.scratch,
                      .training = training_,
                      .noise = p.noise,
                      .in_bands = n.in_bands});
  }
  if (n.activation.kind != ActivationKind::linear && !n.epilogue && !n.merged) {
    const Matrix m = as_rows(node.output(), pass.rows);
    kernels::activate(pass.workers, n.activation, m.rows, m.cols, p.before, p.value);
  }
}

void Engine::forward(const Pass& pass) {
  for (int i = 0; i < static_cast<int>(pointers_.size()); ++i) forward_node(i, pass);
}

std::optional<NonFinite> Engine::first_non_finite(const Pass& pass) {
  for (int i = 0; i < static_cast<int>(pointers_.size()); ++i) {
    forward_node(i, pass);
    const std::int64_t n = pass.rows * graph_->node(i).output().numel();
    if (!kernels::all_finite(pass.workers, n, pointers_[at(i)].value)) return NonFinite{i};
  }
  return std::nullopt;
}

std::optional<NonFinite> Engine::backward(const Pass& pass) {
  for (int i = static_cast<int>(pointers_.size()) - 1; i >= 0; --i) {
    if (!plan_.nodes()[at(i)].backward) continue;
    if (auto bad = backward_node(i, pass)) return bad;
  }
  return std::nullopt;
}

std::optional<NonFinite> Engine::backward_node(int i, const Pass& pass) {
  const NodePlan& n = plan_.nodes()[at(i)];
  const GraphNode& node = graph_->node(i);
  Pointers& p = pointers_[at(i)];
  const Matrix m = as_rows(node.output(), pass.rows);
  bool finite = true;
  if (n.is_derived) {
    finite = p.finite;
  } else if (n.activation.kind != ActivationKind::linear && !n.merged) {
    const float* saved = kernels::derivative_needs_input(n.activation) ? p.before : p.value;
    finite = kernels::activate_backward(pass.workers, n.activation, m.rows, m.cols, saved, p.delta);
  } else if (n.routes.size() != 1 || n.routes[0] != Route::alias) {
    finite = kernels::all_finite(pass.workers, m.rows * m.cols, p.delta);
  }  // else a view, whose source looks at the same numbers
  if (!finite) return NonFinite{i};
  if (n.runs) {
    if (n.derived >= 0) pointers_[at(n.derived)].finite = true;
    p.noise.step = noise_step(pass);
    node.op->backward({.workers = pass.workers,
                       .rows = pass.rows,
                       .inputs = p.kept_inputs,
                       .output = node.declaration().keeps_output ? p.before : nullptr,
                       .d_output = p.delta,
                       .d_inputs = p.d_inputs,
                       .weights = p.weights,
                       .d_weights = p.d_weights,
                       .accumulate = n.accumulate || pass.slice > 0,
                       .saved = p.saved,
                       .scratch = p.backward_scratch,
                       .noise = p.noise,
                       .derivative = n.derived >= 0 ? &p.derivative : nullptr});
  }
  for (std::size_t k = 0; k < n.routes.size(); ++k) {
    const Pointers& source = pointers_[at(node.inputs[k])];
    const std::int64_t size = pass.rows * graph_->node(node.inputs[k]).output().numel();
    if (n.routes[k] == Route::write && !n.runs) {
      std::memcpy(source.delta, p.delta, static_cast<std::size_t>(size) * sizeof(float));
    } else if (n.routes[k] == Route::add) {
      kernels::add_to(pass.workers, size, n.runs ? p.d_inputs[k] : p.delta, source.delta);
    }
  }
  return pass.last ? check_gradients(i, pass) : std::nullopt;
}

std::optional<NonFinite> Engine::check_gradients(int i, const Pass& pass) const {
  const GraphNode& node = graph_->node(i);
  for (std::size_t k = 0; k < node.weights.size(); ++k) {
    const float* gradient = pointers_[at(i)].d_weights[k];
    const std::int64_t n = node.declaration().weights[k].shape.numel();
    if (gradient != nullptr && !kernels::all_finite(pass.workers, n, gradient)) {
      return NonFinite{i, node.weights[k]};
    }
  }
  return std::nullopt;
}

void Engine::finish_step(const Pass& pass) {
  for (std::size_t i = 0; i < pointers_.size(); ++i) {
    if (!plan_.nodes()[i].runs) continue;
    const Pointers& p = pointers_[i];
    graph_->nodes()[i].op->finish_step({.workers = pass.workers,
                                        .rows = pass.rows,
                                        .weights = p.mutable_weights,
                                        .saved = p.saved});
  }
}

}  // namespace minnow
