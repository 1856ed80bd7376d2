#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph.h"

namespace minnow {

/// What a plan is made for.
struct PlanOptions {
  bool training = false;
  /// For each output the activation that its loss takes over (linear: none): the engine then stops
  /// before it, and the loss's delta is already that of its input.
  std::vector<ActivationKind> merged = {};
  /// Bytes beside each output for its targets and row weights; empty where there is no loss.
  std::vector<BufferSize> targets = {};
};

/// A piece of the arena, alive from moment `first` to `last`. Node i of n runs forward at moment
/// i, the losses at n, and node i's backward pass at 2n - i.
struct PlannedBuffer {
  BufferSize size = {};
  int first = 0, last = 0;
  std::int64_t offset = 0;  ///< bytes from the start of the arena
};

/// How a gradient reaches an input of a node.
enum class Route : std::uint8_t {
  none,   ///< nobody asks for it
  alias,  ///< a view: it is there already
  write,  ///< the first to arrive
  add,    ///< one more: computed aside (or taken from the view), then added
};

/// How one node is run. Numbers are buffers of the plan; -1 where there is none.
struct NodePlan {
  bool runs = false;          ///< the layer computes; else it is a view of its input
  ActivationFn activation;    ///< after the layer, its own or one folded into it
  bool epilogue = false;      ///< the layer applies the activation itself
  bool merged = false;        ///< the loss takes the activation over
  int derived = -1;           ///< the node whose activation's derivative the layer applies
  int derivative_reads = -1;  ///< what that is computed from
  bool is_derived = false;    ///< whether such a layer applies this one's
  bool in_bands = false;      ///< the reader's threads share the output's numbers, not the rows
  bool backward = false;      ///< a gradient passes through
  bool accumulate = false;    ///< a later use of shared weights: gradients add up
  int before = -1;            ///< the output before the activation
  int value = -1;             ///< the output
  int delta = -1;             ///< d loss / d output
  int saved = -1, scratch = -1, backward_scratch = -1;
  std::vector<Route> routes;  ///< for each input
  std::vector<int> aside;     ///< for each input, where an added gradient is computed
};

/// The static plan of a graph: what runs, what is fused, and one arena in which buffers whose lives
/// do not overlap share memory. Made once; running it allocates nothing.
class Plan {
 public:
  /// Throws ResourceExhausted where the arena outgrows an int64 for that many rows.
  Plan(const Graph& graph, const PlanOptions& options, std::int64_t rows);

  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t arena_bytes() const noexcept { return arena_bytes_; }
  const std::vector<NodePlan>& nodes() const noexcept { return nodes_; }
  const std::vector<PlannedBuffer>& buffers() const noexcept { return buffers_; }
  std::int64_t offset(int buffer) const {
    return buffers_[static_cast<std::size_t>(buffer)].offset;
  }
  /// The buffer of an output's targets.
  int target(std::size_t output) const { return targets_[output]; }

 private:
  std::vector<NodePlan> nodes_;
  std::vector<PlannedBuffer> buffers_;
  std::vector<int> targets_;
  std::int64_t rows_;
  std::int64_t arena_bytes_ = 0;
};

/// How many rows go through the graph at a time: larger batches are cut into slices, whose
/// activations stay near the processor and need memory for one slice only. It follows from the
/// graph and the options alone, as results depend on it in their last bits. No limit where rows
/// depend on one another (batch normalization), or where weights are most of what a pass reads.
std::int64_t rows_at_a_time(const Graph& graph, const PlanOptions& options);

/// Gives every buffer a place so that no two that are alive together overlap; returns the bytes
/// needed. Largest first, each at the lowest offset that is free for its whole life.
/// Throws ResourceExhausted where the sizes overflow.
std::int64_t place_buffers(std::span<PlannedBuffer> buffers, std::int64_t rows);

}  // namespace minnow
