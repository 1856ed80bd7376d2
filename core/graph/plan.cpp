#include "core/graph/plan.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/kernels/activation.h"

namespace minnow {
namespace {

std::int64_t float_bytes(const Shape& shape) {
  return shape.numel() * static_cast<std::int64_t>(sizeof(float));
}

// Makes a plan in passes over the nodes. Each pass decides one thing, later ones build on it.
class Planner {
 public:
  Planner(const Graph& graph, const PlanOptions& options)
      : graph_(graph),
        options_(options),
        n_(static_cast<int>(graph.nodes().size())),
        users_(graph.consumers()),
        is_output_(graph.nodes().size(), false),
        nodes_(graph.nodes().size()) {
    for (int output : graph.outputs()) is_output_[index(output)] = true;
  }

  void run() {
    decide_what_runs();
    fold_activations();
    share_features();
    merge_with_losses();
    decide_gradients();
    join_derivatives();
    lay_values();
    if (options_.training) lay_deltas();
    lay_aside();
  }

  std::vector<NodePlan> nodes() { return std::move(nodes_); }
  std::vector<PlannedBuffer> buffers() { return std::move(buffers_); }
  std::vector<int> targets() { return std::move(targets_); }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  NodePlan& plan(int i) { return nodes_[index(i)]; }
  const GraphNode& node(int i) const { return graph_.node(i); }
  const Declaration& declaration(int i) const { return graph_.node(i).declaration(); }
  int backward_moment(int i) const { return 2 * n_ - i; }
  // Whether i's output is read by one node only, and by nobody outside.
  bool private_to_one(int i) const { return users_[index(i)].size() == 1 && !is_output_[index(i)]; }

  int buffer(BufferSize size, int first, int last) {
    buffers_.push_back({size, first, last});
    return static_cast<int>(buffers_.size()) - 1;
  }
  void use(int buffer, int moment) {
    PlannedBuffer& b = buffers_[index(buffer)];
    b.first = std::min(b.first, moment);
    b.last = std::max(b.last, moment);
  }

  void decide_what_runs() {
    for (int i = 0; i < n_; ++i) {
      const Declaration& d = declaration(i);
      plan(i).runs = !d.view && (options_.training || !d.identity_in_inference);
      plan(i).activation = d.activation;
    }
  }

  // An activation layer behind a layer that has none of its own becomes that layer's.
  void fold_activations() {
    for (int i = 0; i < n_; ++i) {
      if (plan(i).runs || plan(i).activation.kind == ActivationKind::linear) continue;
      const int before = node(i).inputs.front();
      NodePlan& target = plan(before);
      if (target.runs && private_to_one(before) && !declaration(before).keeps_output &&
          target.activation.kind == ActivationKind::linear &&
          declaration(before).output == declaration(i).output) {
        target.activation = std::exchange(plan(i).activation, {});
      }
    }
  }

  // The node whose numbers node i shows: itself, or one behind views that only the next one reads.
  int shown_by(int i) const {
    const auto is_view = [&](int v) {
      return !nodes_[index(v)].runs && nodes_[index(v)].activation.kind == ActivationKind::linear &&
             !node(v).inputs.empty();
    };
    while (is_view(i) && private_to_one(node(i).inputs.front())) i = node(i).inputs.front();
    return i;
  }

  void merge_with_losses() {
    for (std::size_t o = 0; o < options_.merged.size(); ++o) {
      const ActivationKind wanted = options_.merged[o];
      const int output = graph_.outputs()[o];
      const auto times = std::count(graph_.outputs().begin(), graph_.outputs().end(), output);
      // Read by others too, the output needs its activation after all.
      if (wanted == ActivationKind::linear || !users_[index(output)].empty() || times > 1) continue;
      const int root = shown_by(output);
      plan(root).merged = plan(root).activation.kind == wanted &&
                          declaration(root).output.rank() > 0 &&
                          declaration(root).output.back() == declaration(output).output.back();
    }
  }

  void decide_gradients() {
    if (!options_.training) return;
    std::vector<bool> seen(graph_.parameters().size(), false);
    for (int i = 0; i < n_; ++i) {
      const auto& weights = node(i).weights;
      const auto& inputs = node(i).inputs;
      plan(i).backward =
          std::any_of(weights.begin(), weights.end(),
                      [&](int w) { return graph_.parameters()[index(w)].trainable; }) ||
          std::any_of(inputs.begin(), inputs.end(), [&](int p) { return plan(p).backward; });
    }
    for (int i = n_ - 1; i >= 0; --i) {
      for (int w : node(i).weights) {
        plan(i).accumulate = seen[index(w)];
        seen[index(w)] = true;
      }
    }
  }

  void share_features() {
    for (int i = 0; i < n_; ++i) {
      if (declaration(i).shares_features) plan(shown_by(node(i).inputs.front())).in_bands = true;
    }
  }

  // The gradient that a layer hands to an activation, which nobody else adds to, is multiplied by
  // its derivative while it is near.
  void join_derivatives() {
    for (int i = 0; i < n_; ++i) {
      const Declaration& d = declaration(i);
      NodePlan& p = plan(i);
      if (!p.runs || !p.backward || !(d.takes_derivative || d.passes_relu)) continue;
      const int input = node(i).inputs.front(), root = shown_by(input);
      NodePlan& source = plan(root);
      const ActivationKind kind = source.activation.kind;
      const bool taken =
          d.takes_derivative
              ? kind != ActivationKind::linear && !works_along_rows(kind)
              : kind == ActivationKind::relu && p.activation.kind == ActivationKind::linear;
      if (!private_to_one(input) || !source.backward || !taken) continue;
      p.derived = root;
      source.is_derived = true;
    }
  }

  void lay_values() {
    for (int i = 0; i < n_; ++i) {
      const Declaration& d = declaration(i);
      NodePlan& p = plan(i);
      const BufferSize size{0, float_bytes(d.output)};
      const bool goes_back = p.backward;
      if (node(i).inputs.empty()) {
        p.before = p.value = buffer(size, 0, i);  // filled before anything runs
      } else {
        for (int input : node(i).inputs) use(plan(input).value, i);
        p.before = p.runs ? buffer(size, i, i) : plan(node(i).inputs.front()).value;
        const bool applied = p.activation.kind != ActivationKind::linear && !p.merged;
        const bool keep_before =
            goes_back && (kernels::derivative_needs_input(p.activation) || d.keeps_output);
        p.value = applied && (!p.runs || keep_before) ? buffer(size, i, i) : p.before;
        p.epilogue = applied && p.runs && d.takes_epilogue && p.value == p.before &&
                     !works_along_rows(p.activation.kind);
        if (p.derived >= 0) {
          p.derivative_reads = d.takes_derivative ? derivative_reads(plan(p.derived)) : p.before;
        }
        if (goes_back) use_again(i, applied);
      }
      if (is_output_[index(i)]) use(p.value, n_);
    }
    for (const BufferSize& size : options_.targets) targets_.push_back(buffer(size, 0, n_));
  }

  // What node i's backward pass reads again.
  void use_again(int i, bool applied) {
    const Declaration& d = declaration(i);
    const NodePlan& p = plan(i);
    const int moment = backward_moment(i);
    if (p.runs && d.keeps_inputs) {
      for (int input : node(i).inputs) use(plan(input).value, moment);
    }
    if (p.runs && d.keeps_output) use(p.before, moment);
    if (applied && !p.is_derived) use(derivative_reads(p), moment);
    if (p.derived >= 0) use(p.derivative_reads, moment);
  }

  static int derivative_reads(const NodePlan& p) {
    return kernels::derivative_needs_input(p.activation) ? p.before : p.value;
  }

  void lay_deltas() {
    std::vector<bool> written = is_output_;
    for (int i = n_ - 1; i >= 0; --i) {
      NodePlan& p = plan(i);
      p.routes.assign(node(i).inputs.size(), Route::none);
      p.aside.assign(node(i).inputs.size(), -1);
      if (!p.backward) continue;
      const int moment = backward_moment(i);
      if (p.delta < 0) p.delta = buffer({0, float_bytes(declaration(i).output)}, n_, n_);
      use(p.delta, moment);
      for (std::size_t k = 0; k < p.routes.size(); ++k) {
        const int input = node(i).inputs[k];
        NodePlan& source = plan(input);
        if (!source.backward) continue;
        if (!p.runs && private_to_one(input)) {
          p.routes[k] = Route::alias;
          source.delta = p.delta;
          continue;
        }
        const BufferSize size{0, float_bytes(declaration(input).output)};
        if (source.delta < 0) {
          source.delta =
              is_output_[index(input)] ? buffer(size, n_, moment) : buffer(size, moment, moment);
        }
        p.routes[k] = written[index(input)] ? Route::add : Route::write;
        written[index(input)] = true;
        if (p.routes[k] == Route::add && p.runs) p.aside[k] = buffer(size, moment, moment);
        use(source.delta, moment);
      }
    }
  }

  void lay_aside() {
    const auto wanted = [](const BufferSize& size) { return size.fixed > 0 || size.per_row > 0; };
    for (int i = 0; i < n_; ++i) {
      const Declaration& d = declaration(i);
      NodePlan& p = plan(i);
      if (!p.runs) continue;
      if (wanted(d.scratch)) {
        p.scratch = buffer(d.scratch, i, i);
        if (p.backward) {
          p.backward_scratch = buffer(d.scratch, backward_moment(i), backward_moment(i));
        }
      }
      if (wanted(d.saved) && options_.training) {
        const bool finishes = std::any_of(d.weights.begin(), d.weights.end(),
                                          [](const WeightSpec& w) { return !w.trainable; });
        p.saved = buffer(d.saved, i, finishes ? 2 * n_ + 1 : p.backward ? backward_moment(i) : i);
      }
    }
  }

  const Graph& graph_;
  const PlanOptions& options_;
  int n_;
  std::vector<std::vector<int>> users_;
  std::vector<bool> is_output_;
  std::vector<NodePlan> nodes_;
  std::vector<PlannedBuffer> buffers_;
  std::vector<int> targets_;
};

}  // namespace

std::int64_t rows_at_a_time(const Graph& graph, const PlanOptions& options) {
  constexpr std::int64_t near_bytes = std::int64_t{4} << 20;  // in a core's share of its caches
  constexpr std::int64_t weight_ratio = 4;
  constexpr std::int64_t least_rows = 16, whole_rows = 8;
  constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();
  std::int64_t weight_bytes = 0;
  for (const GraphNode& node : graph.nodes()) {
    if (node.declaration().couples_rows && options.training) return no_limit;
  }
  for (const Parameter& parameter : graph.parameters()) {
    weight_bytes += float_bytes(parameter.spec.shape);
  }
  constexpr std::int64_t some = 64;  // rows, beside which what is fixed counts little
  const std::int64_t row_bytes =
      std::max<std::int64_t>(1, Plan(graph, options, some).arena_bytes() / some);
  const std::int64_t rows = std::max(near_bytes, weight_ratio * weight_bytes) / row_bytes;
  return std::max(least_rows, rows / whole_rows * whole_rows);
}

Plan::Plan(const Graph& graph, const PlanOptions& options, std::int64_t rows) : rows_(rows) {
  Planner planner(graph, options);
  planner.run();
  nodes_ = planner.nodes();
  buffers_ = planner.buffers();
  targets_ = planner.targets();
  arena_bytes_ = place_buffers(buffers_, rows);
}

}  // namespace minnow
