#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../kernels/penalty.h"
#include "../parallel.h"
#include "engine.h"
#include "graph.h"
#include "optimizer.h"
#include "parameters.h"

namespace minnow {

/// What training does to the weights of a graph once their gradients are there: penalties, clips,
/// decay, the optimizer's step, constraints. It allocates nothing after it is made.
class Updater {
 public:
  /// The graph must outlive it.
  explicit Updater(const Graph& graph);

  /// What the trained weights' regularizers add to the loss.
  double penalty(const Workers& workers, const ParameterStore& parameters) const;
  /// Adds its derivative to the gradients. Stops at the first that is not finite then.
  std::optional<NonFinite> add_penalty_gradients(const Workers& workers,
                                                 ParameterStore& parameters) const;
  /// One step, counted from 1, at this learning rate; changes the gradients where it clips them.
  void update(const Workers& workers, ParameterStore& parameters, const OptimizerImpl& optimizer,
              std::int64_t step, float learning_rate) const;

 private:
  // A trained weight; the first of the nodes that use it.
  struct Trained {
    int parameter, node;
    std::int64_t n;
    kernels::Penalty penalty;
  };

  void clip(const Workers& workers, ParameterStore& parameters, const BeforeUpdate& before) const;

  const Graph* graph_;
  std::vector<Trained> trained_;
  std::vector<Trained> penalized_;
  std::vector<int> constrained_;
};

/// What an optimizer's state blocks hold before the first step.
std::vector<float> first_slot_values(const OptimizerImpl& optimizer);

}  // namespace minnow
