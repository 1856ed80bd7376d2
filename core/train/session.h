#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../buffer.h"
#include "../graph/engine.h"
#include "../graph/graph.h"
#include "../graph/parameters.h"
#include "../graph/updater.h"
#include "../parallel.h"
#include "memory_plan.h"
#include "options.h"

namespace minnow {

/// Data that passed the door: shapes as the graph's, the same number of rows everywhere.
struct CheckedData {
  std::vector<Tensor> x, y;
  std::vector<Tensor> weights;  ///< float32 (N,) for each output; empty: all 1
  std::int64_t rows = 0;
};

/// Rows of the data that make a batch: `rows` where given, else in order from `first`.
struct BatchRows {
  const std::int64_t* rows = nullptr;
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// Where in a fit a step stands, for messages; numbers from 1, epoch 0 outside fit.
struct StepPlace {
  std::string_view where;
  std::int64_t epoch = 0, step = 0;
};

/// A built graph with its numbers: runs steps on data that were checked. The compiled part is
/// there after compile(). This is where the mathematics of training happens; fit is only the loop.
class Session {
 public:
  Session(Graph graph, std::uint64_t seed);

  const Graph& graph() const noexcept { return graph_; }
  ParameterStore& parameters() noexcept { return parameters_; }
  const ParameterStore& parameters() const noexcept { return parameters_; }

  /// Throws InvalidArgument where losses, metrics and outputs do not go together; then nothing
  /// has changed.
  void compile(CompileOptions options);
  bool compiled() const noexcept { return options_.has_value(); }
  const CompileOptions* options() const noexcept { return options_ ? &*options_ : nullptr; }
  const Loss& loss(std::size_t output) const;

  std::int64_t step() const noexcept { return step_; }
  void set_step(std::int64_t step) noexcept { step_ = step; }
  /// Of the next step.
  float learning_rate() const noexcept { return rate_of(step_); }
  /// Not for an optimizer with a schedule.
  void set_learning_rate(float rate) noexcept { learning_rate_ = rate; }

  /// Makes plans and memory for batches of that many rows, if they are not there. Steps of at most
  /// that size then allocate nothing. Throws ResourceExhausted.
  void prepare_training(std::int64_t rows);
  void prepare_evaluation(std::int64_t rows);
  void prepare_prediction(std::int64_t rows);
  MemoryPlan memory_plan(std::int64_t rows) const;

  /// How many sums a tally has, and what they come to under which names.
  std::size_t tally_size() const noexcept { return tally_size_; }
  Logs results(std::span<const double> tally, std::string_view prefix = "") const;
  /// results() into logs made by it before; allocates nothing.
  void refresh(Logs& logs, std::span<const double> tally) const;

  /// One training step; adds its loss and metrics to the tally. Throws Diverged and then leaves
  /// everything as it was.
  void train(const Workers& workers, const CheckedData& data, const BatchRows& batch,
             const StepPlace& place, std::span<double> tally);
  void evaluate(const Workers& workers, const CheckedData& data, const BatchRows& batch,
                std::span<double> tally);
  /// Writes the batch's rows of each output.
  void predict(const Workers& workers, const CheckedData& data, const BatchRows& batch,
               std::span<float* const> outputs);

 private:
  // One output with what is measured on it.
  struct Target {
    Loss loss;
    float weight = 1;
    std::vector<Metric> metrics = {};
    std::size_t weighted_from = 0;  // the first of the metrics that see weights
    std::int64_t positions = 1;     // values in a row: the product of all axes but the last
    std::int64_t cols = 1;
    std::int64_t target_bytes = 0;  // of a row, without its weights
    std::string prefix = {};        // "dense_" where there are several outputs
  };
  struct Named {
    std::string key;
    std::size_t target, sums;
    int metric;  // -1: the output's loss; -2: the total loss
  };

  // A slice of a batch of `of` rows.
  struct Slice {
    BatchRows rows;
    std::int64_t number, of;
    bool last;
  };

  std::unique_ptr<Engine>& prepare(std::unique_ptr<Engine>& engine, const PlanOptions& options,
                                   std::int64_t rows);
  template <class F>
  void for_slices(const Engine& engine, const BatchRows& batch, F&& f) const;
  PlanOptions plan_options(bool training) const;
  void bind(Engine& engine);
  std::vector<std::string> output_names() const;
  std::vector<Target> make_targets(const CompileOptions& options) const;
  void lay_tally();
  void gather(Engine& engine, const Workers& workers, const CheckedData& data,
              const BatchRows& rows, bool with_targets);
  double measure(Engine& engine, const Workers& workers, const CheckedData& data,
                 const Slice& slice, bool with_delta, std::span<double> tally);
  double close(const Workers& workers, std::int64_t rows, double total, std::span<double> tally);
  [[noreturn]] void report_loss(Engine& engine, const CheckedData& data, const BatchRows& rows,
                                const Pass& pass, const StepPlace& place, double loss);
  [[noreturn]] void report_gradient(const NonFinite& bad, const StepPlace& place) const;
  void train_together(const Workers& workers, const CheckedData& data, const BatchRows& batch,
                      const StepPlace& place, std::span<double> tally);
  float rate_of(std::int64_t step) const noexcept;

  Graph graph_;
  std::uint64_t seed_;
  ParameterStore parameters_;
  Updater updater_;
  std::optional<CompileOptions> options_;
  std::vector<Target> targets_;
  std::vector<Named> named_;
  std::size_t tally_size_ = 0;
  std::vector<double> pending_;  // a step's own sums, added only when it stands
  Buffer arena_;
  std::unique_ptr<Engine> training_, evaluation_, prediction_;
  std::int64_t step_ = 0;
  float learning_rate_ = 0;  // unless the optimizer has a schedule
};

}  // namespace minnow
