#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "../parallel.h"
#include "graph.h"
#include "parameters.h"
#include "plan.h"

namespace minnow {

/// Where numbers stopped being finite: a node, and the parameter whose gradient it is, or -1.
struct NonFinite {
  int node = 0;
  int parameter = -1;
};

/// What one pass over the graph is given: a batch, or a slice of one.
struct Pass {
  const Workers& workers;
  std::int64_t rows;        ///< at most the plan's
  std::uint64_t step = 0;   ///< which step's noise; below 2^48
  std::uint64_t slice = 0;  ///< after the first, weight gradients add up
  bool last = true;         ///< of the batch's slices
};

/// Runs a graph by a plan, on memory that is lent to it. Runs allocate nothing.
class Engine {
 public:
  /// For batches of `rows`, in slices where rows_at_a_time() are fewer. The graph must outlive the
  /// engine. `seed` is the noise's.
  Engine(const Graph& graph, const PlanOptions& options, std::int64_t rows, std::uint64_t seed);

  const Plan& plan() const noexcept { return plan_; }
  /// Whether batches of so many rows can be run, in slices of at most plan().rows().
  bool takes(std::int64_t rows) const noexcept {
    return plan_.rows() >= std::min(rows, rows_at_a_time_);
  }

  /// Points everything at this arena (of plan().arena_bytes()) and these numbers.
  void bind(std::byte* arena, ParameterStore& parameters);

  float* input(std::size_t i) { return pointers_[at(graph_->inputs()[i])].value; }
  float* output(std::size_t i) { return pointers_[at(graph_->outputs()[i])].value; }
  /// Where the loss leaves d loss / d output; null where no gradient is wanted.
  float* output_delta(std::size_t i) { return pointers_[at(graph_->outputs()[i])].delta; }
  /// Whether output i is left before its activation, for the loss to take over.
  bool on_logits(std::size_t i) const { return on_logits_[i]; }
  std::byte* target(std::size_t output) { return arena_ + plan_.offset(plan_.target(output)); }

  void forward(const Pass& pass);
  /// Runs forward again and finds the first node whose output is not finite.
  std::optional<NonFinite> first_non_finite(const Pass& pass);
  /// From the outputs' deltas to the gradients. Stops at the first gradient that is not finite;
  /// those of weights are looked at in the last slice, which has what the others left.
  std::optional<NonFinite> backward(const Pass& pass);
  /// After a step that stood.
  void finish_step(const Pass& pass);

 private:
  // Where a node's numbers are, worked out once.
  struct Pointers {
    float *before = nullptr, *value = nullptr, *delta = nullptr;
    std::byte *saved = nullptr, *scratch = nullptr, *backward_scratch = nullptr;
    std::vector<const float*> inputs, kept_inputs;
    std::vector<float*> d_inputs;  // where the layer writes: the delta or aside
    std::vector<const float*> weights;
    std::vector<float*> mutable_weights, d_weights;
    kernels::NoiseKey noise;
    kernels::Derivative derivative;  // that the layer applies
    bool finite = true;              // whether the delta was, where its writer applied ours
  };

  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  void forward_node(int i, const Pass& pass);
  std::optional<NonFinite> backward_node(int i, const Pass& pass);
  std::optional<NonFinite> check_gradients(int i, const Pass& pass) const;

  const Graph* graph_;
  std::int64_t rows_at_a_time_;
  Plan plan_;
  bool training_;
  std::vector<Pointers> pointers_;
  std::vector<bool> on_logits_;
  std::byte* arena_ = nullptr;
};

}  // namespace minnow
