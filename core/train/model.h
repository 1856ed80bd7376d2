#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../graph/graph.h"
#include "../tensor.h"
#include "history.h"
#include "memory_plan.h"
#include "options.h"
#include "progress.h"

namespace minnow {

/// A tensor under a name: "conv2d/kernel".
struct NamedTensor {
  std::string name;
  Tensor value;
};

/// A graph of layers with its weights, and what trains it. Movable, not copyable.
///
/// Every call checks all its arguments before it does anything: after InvalidArgument the model is
/// as it was, to the bit. Where training itself fails (Diverged, a callback that throws) the model
/// is as after the last finished step.
class Model {
 public:
  struct Impl;

  /// Throws InvalidArgument where the layers do not fit each other.
  Model(OneOrMore<Symbol> inputs, OneOrMore<Symbol> outputs, ModelOptions options = {});
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;
  virtual ~Model();

  /// Sets optimizer, losses and metrics; optimizer state and step count begin anew.
  /// Throws InvalidArgument where they do not go with each other or with the outputs.
  void compile(CompileOptions options);

  /// Trains on the rows of x and y. x: (N, ...) float32 for each Input; y: (N, ...) for each
  /// output. Throws InvalidArgument (design: the table of errors in README), FailedPrecondition
  /// before compile, Diverged.
  History fit(const Tensors& x, const Tensors& y, const FitOptions& options = {});
  /// Loss and metrics in inference mode.
  Logs evaluate(const Tensors& x, const Tensors& y, const EvaluateOptions& options = {});
  /// The output for every row of x; needs no compile. For a model with one output. The same bits
  /// for any number of threads; with a batch_size of 1 the last ones may differ from others'.
  Tensor predict(const Tensors& x, const PredictOptions& options = {});
  /// The same for any number of outputs.
  std::vector<Tensor> predict_all(const Tensors& x, const PredictOptions& options = {});
  /// One step on all rows of x and y at once; gives its loss and metrics.
  Logs train_on_batch(const Tensors& x, const Tensors& y, const BatchOptions& options = {});
  Logs test_on_batch(const Tensors& x, const Tensors& y, const BatchOptions& options = {});

  /// Makes the graph of a Sequential without an Input, for rows of this shape. Throws
  /// FailedPrecondition where it is built already.
  void build(const Shape& row);
  bool built() const noexcept;

  /// Copies of all weights, in Keras's order.
  std::vector<Tensor> get_weights() const;
  /// Throws InvalidArgument where their number or a shape differs, or a value is not finite.
  void set_weights(std::span<const Tensor> weights);
  std::vector<NamedTensor> named_weights() const;

  /// The optimizer's state, named "conv2d/kernel/velocity"; empty before the first step.
  std::vector<NamedTensor> optimizer_state() const;
  /// Takes over state and step count, checked as set_weights.
  void set_optimizer_state(std::span<const NamedTensor> state, std::int64_t step);
  /// Steps taken since compile.
  std::int64_t step() const noexcept;

  /// The rate of the next step.
  float learning_rate() const;
  /// Throws InvalidArgument unless it is finite and above 0, and FailedPrecondition where the
  /// optimizer follows a schedule.
  void set_learning_rate(float rate);

  /// Where the last (or running) fit stands.
  const TrainProgress& progress() const noexcept;
  void set_progress(TrainProgress progress);

  /// Keras's table of layers, shapes and parameters, and the memory that training takes.
  std::string summary() const;
  /// Every byte that training with this batch size takes, known beforehand.
  MemoryPlan memory_plan(std::int64_t batch_size = 32) const;

  /// Whether it was made as a Sequential.
  bool is_sequential() const noexcept;
  const ModelOptions& options() const noexcept;
  /// Null before compile.
  const CompileOptions* compile_options() const noexcept;
  /// Throws FailedPrecondition where the model is not built yet.
  const Graph& graph() const;
  int threads() const noexcept;
  void set_threads(int threads);

 protected:
  explicit Model(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Layers one behind the other. With an Input in front it is built at once, without one by the
/// first data it sees or by build().
class Sequential : public Model {
 public:
  explicit Sequential(std::vector<Layer> layers, ModelOptions options = {});
  Sequential(std::initializer_list<Layer> layers, ModelOptions options = {})
      : Sequential(std::vector<Layer>(layers), std::move(options)) {}
};

}  // namespace minnow
