#include "core/train/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/error.h"
#include "core/graph/batch.h"

namespace minnow {
namespace {

constexpr std::int64_t float_size = sizeof(float);

std::size_t as_size(std::int64_t n) { return static_cast<std::size_t>(n); }

// A pass's work in nanoseconds: each number of a row's activations is made once or twice, by
// convolutions for the most part, and each weight is read.
double work_of(const Engine& engine, std::int64_t rows, std::int64_t weights) {
  constexpr double ns_per_byte = 0.25, ns_per_weight = 0.2;
  const Plan& plan = engine.plan();
  const std::int64_t all = std::max<std::int64_t>(1, plan.rows());
  const double bytes = static_cast<double>(plan.arena_bytes()) * static_cast<double>(rows);
  return ns_per_byte * bytes / static_cast<double>(all) +
         ns_per_weight * static_cast<double>(weights);
}

// Threads wait for one another behind each operation, and what one has written the other fetches:
// they pay from a few times as much work on as for a single operation, and from more where the
// operations are those of training.
constexpr double share_in_prediction = 0.25, share_in_training = 0.1;

}  // namespace

Session::Session(Graph graph, std::uint64_t seed)
    : graph_(std::move(graph)),
      seed_(seed),
      parameters_(graph_.parameters(), seed),
      updater_(graph_) {}

const Loss& Session::loss(std::size_t output) const { return targets_[output].loss; }

PlanOptions Session::plan_options(bool training) const {
  PlanOptions options{.training = training};
  for (const Target& target : targets_) {
    options.merged.push_back(target.loss->merges_with());
    options.targets.push_back({0, target.target_bytes + target.positions * float_size});
  }
  return options;
}

template <class F>
void Session::for_slices(const Engine& engine, const BatchRows& batch, F&& f) const {
  const std::int64_t most = engine.plan().rows();
  const std::int64_t slices = (batch.count + most - 1) / most;
  for (std::int64_t i = 0; i < slices; ++i) {
    const Span part = split(batch.count, slices, i);
    BatchRows rows{.rows = nullptr, .first = batch.first + part.begin, .count = part.size()};
    if (batch.rows != nullptr) rows.rows = batch.rows + part.begin;
    f(Slice{rows, i, batch.count, i + 1 == slices});
  }
}

void Session::bind(Engine& engine) { engine.bind(arena_.data(), parameters_); }

std::unique_ptr<Engine>& Session::prepare(std::unique_ptr<Engine>& engine,
                                          const PlanOptions& options, std::int64_t rows) {
  if (engine == nullptr || !engine->takes(rows)) {
    auto fresh = std::make_unique<Engine>(graph_, options, rows, seed_);
    if (fresh->plan().arena_bytes() > arena_.size()) {
      arena_ = Buffer(fresh->plan().arena_bytes(), "activations");
      for (auto* other : {&training_, &evaluation_, &prediction_}) {
        if (*other != nullptr) bind(**other);
      }
    }
    engine = std::move(fresh);
    bind(*engine);
  }
  return engine;
}

void Session::prepare_training(std::int64_t rows) {
  const std::size_t slots = options_->optimizer->slots().size();
  const bool first = parameters_.trainable_extent() > 0 &&
                     (parameters_.gradients_block() == nullptr || parameters_.slots() != slots);
  parameters_.prepare(first_slot_values(options_->optimizer.impl()));
  if (first) training_.reset();  // its pointers to gradients are stale
  prepare(training_, plan_options(true), rows);
}

void Session::prepare_evaluation(std::int64_t rows) {
  prepare(evaluation_, plan_options(false), rows);
}

void Session::prepare_prediction(std::int64_t rows) {
  prepare(prediction_, {.training = false}, rows);
}

MemoryPlan Session::memory_plan(std::int64_t rows) const {
  const std::int64_t trainable = parameters_.trainable_extent() * float_size;
  const auto slots = options_ ? static_cast<std::int64_t>(options_->optimizer->slots().size()) : 0;
  const PlanOptions options = plan_options(true);
  const Plan plan(graph_, options, std::min(rows, rows_at_a_time(graph_, options)));
  return {.batch_size = rows,
          .weights = parameters_.extent() * float_size,
          .gradients = trainable,
          .optimizer_state = slots * trainable,
          .arena = plan.arena_bytes()};
}

void Session::gather(Engine& engine, const Workers& workers, const CheckedData& data,
                     const BatchRows& batch, bool with_targets) {
  kernels::Gather gather{.rows = batch.rows, .first = batch.first, .count = batch.count};
  for (std::size_t i = 0; i < data.x.size(); ++i) {
    const bool scaled = data.x[i].dtype() == DType::uint8 && options_ && options_->input_scale;
    gather.scale = scaled ? *options_->input_scale : 1.0F;
    gather_floats(workers, gather, data.x[i], engine.input(i));
  }
  if (!with_targets) return;
  gather.scale = 1;
  for (std::size_t o = 0; o < targets_.size(); ++o) {
    const Target& target = targets_[o];
    std::byte* place = engine.target(o);
    if (target.loss->target_rule().kind == TargetKind::labels) {
      gather_labels(gather, data.y[o], reinterpret_cast<std::int32_t*>(place));
    } else {
      gather_floats(workers, gather, data.y[o], reinterpret_cast<float*>(place));
    }
    if (data.weights.empty()) continue;
    auto* weights = reinterpret_cast<float*>(place + batch.count * target.target_bytes);
    const float* source = data.weights[o].values<float>().data();
    for (std::int64_t i = 0; i < batch.count; ++i) {
      const float w = source[batch.rows != nullptr ? batch.rows[i] : batch.first + i];
      std::fill_n(weights + i * target.positions, target.positions, w);
    }
  }
}

// The slice's share of the batch's loss.
double Session::measure(Engine& engine, const Workers& workers, const CheckedData& data,
                        const Slice& slice, bool with_delta, std::span<double> tally) {
  double total = 0;
  const std::int64_t rows = slice.rows.count;
  for (std::size_t o = 0; o < targets_.size(); ++o) {
    const Target& target = targets_[o];
    const std::byte* place = engine.target(o);
    const bool labels = target.loss->target_rule().kind == TargetKind::labels;
    const std::int64_t values = slice.of * target.positions;  // that the loss is the mean of
    kernels::LossBatch batch{.rows = rows * target.positions, .cols = target.cols};
    batch.prediction = engine.output(o);
    if (labels) batch.labels = reinterpret_cast<const std::int32_t*>(place);
    if (!labels) batch.targets = reinterpret_cast<const float*>(place);
    if (!data.weights.empty()) {
      batch.weights = reinterpret_cast<const float*>(place + rows * target.target_bytes);
    }
    batch.scale = target.weight / static_cast<float>(values);
    if (engine.on_logits(o)) batch.probabilities = engine.output(o);
    if (with_delta) batch.delta = engine.output_delta(o);
    const double loss =
        target.loss->compute(workers, batch, engine.on_logits(o)) / static_cast<double>(values);
    total += static_cast<double>(target.weight) * loss;

    MetricBatch seen{.rows = batch.rows,
                     .cols = batch.cols,
                     .prediction = batch.prediction,
                     .labels = batch.labels,
                     .targets = batch.targets,
                     .weights = nullptr};
    for (const Named& named : named_) {
      if (named.target != o || named.metric == -2) continue;
      if (named.metric == -1) {
        tally[named.sums] += loss;
        continue;
      }
      const auto m = static_cast<std::size_t>(named.metric);
      seen.weights = m >= target.weighted_from ? batch.weights : nullptr;
      const Metric& metric = target.metrics[m];
      metric->update(seen, tally.subspan(named.sums, static_cast<std::size_t>(metric->sums())));
    }
  }
  return total;
}

// What a batch adds to the tally when its slices, whose losses come to `total`, are through.
// Returns the whole loss.
double Session::close(const Workers& workers, std::int64_t rows, double total,
                      std::span<double> tally) {
  total += updater_.penalty(workers, parameters_);
  tally[0] += total * static_cast<double>(rows);
  tally[1] += static_cast<double>(rows);
  // Unlike the total, one of several losses is the mean over batches, whatever their rows: what
  // Keras comes to on TensorFlow, where a batch does not know its size beforehand.
  for (const Named& named : named_) {
    if (named.metric == -1) tally[named.sums + 1] += 1;
  }
  return total;
}

void Session::train(const Workers& workers, const CheckedData& data, const BatchRows& batch,
                    const StepPlace& place, std::span<double> tally) {
  // A trained weight is read twice, and its gradient and state are read and written.
  const std::int64_t weights = parameters_.extent() + 3 * parameters_.trainable_extent();
  workers.together(share_in_training * work_of(*training_, batch.count, weights),
                   [&](const Workers& team) { train_together(team, data, batch, place, tally); });
}

void Session::train_together(const Workers& workers, const CheckedData& data,
                             const BatchRows& batch, const StepPlace& place,
                             std::span<double> tally) {
  Engine& engine = *training_;
  const auto pass_of = [&](const Slice& slice) {
    return Pass{.workers = workers,
                .rows = slice.rows.count,
                .step = static_cast<std::uint64_t>(step_),
                .slice = static_cast<std::uint64_t>(slice.number),
                .last = slice.last};
  };
  std::fill(pending_.begin(), pending_.end(), 0.0);
  double loss = 0;
  for_slices(engine, batch, [&](const Slice& slice) {
    const Pass pass = pass_of(slice);
    gather(engine, workers, data, slice.rows, true);
    engine.forward(pass);
    loss += measure(engine, workers, data, slice, true, pending_);
    if (slice.last) loss = close(workers, batch.count, loss, pending_);
    if (!std::isfinite(loss)) report_loss(engine, data, slice.rows, pass, place, loss);
    if (const auto bad = engine.backward(pass)) report_gradient(*bad, place);
    if (!slice.last) return;
    if (const auto bad = updater_.add_penalty_gradients(workers, parameters_)) {
      report_gradient(*bad, place);
    }
    ++step_;
    updater_.update(workers, parameters_, options_->optimizer.impl(), step_, rate_of(step_ - 1));
    engine.finish_step(pass);
  });
  for (std::size_t i = 0; i < pending_.size(); ++i) tally[i] += pending_[i];
}

float Session::rate_of(std::int64_t step) const noexcept {
  if (!options_) return learning_rate_;
  const LearningRate& rate = options_->optimizer->learning_rate();
  return rate.is_schedule() ? rate.at(step) : learning_rate_;
}

void Session::evaluate(const Workers& workers, const CheckedData& data, const BatchRows& batch,
                       std::span<double> tally) {
  Engine& engine = *evaluation_;
  const double work = work_of(engine, batch.count, parameters_.extent());
  workers.together(share_in_prediction * work, [&](const Workers& team) {
    double loss = 0;
    for_slices(engine, batch, [&](const Slice& slice) {
      gather(engine, team, data, slice.rows, true);
      engine.forward({.workers = team, .rows = slice.rows.count});
      loss += measure(engine, team, data, slice, false, tally);
    });
    close(team, batch.count, loss, tally);
  });
}

void Session::predict(const Workers& workers, const CheckedData& data, const BatchRows& batch,
                      std::span<float* const> outputs) {
  Engine& engine = *prediction_;
  const double work = work_of(engine, batch.count, parameters_.extent());
  workers.together(share_in_prediction * work, [&](const Workers& team) {
    for_slices(engine, batch, [&](const Slice& slice) {
      gather(engine, team, data, slice.rows, false);
      engine.forward({.workers = team, .rows = slice.rows.count});
      for (std::size_t o = 0; o < outputs.size(); ++o) {
        const std::int64_t row = graph_.node(graph_.outputs()[o]).output().numel();
        std::memcpy(outputs[o] + (slice.rows.first - batch.first) * row, engine.output(o),
                    as_size(slice.rows.count * row * float_size));
      }
    });
  });
}

namespace {

std::string place_text(const StepPlace& place) {
  return place.epoch > 0 ? fmt::format("epoch {}, step {}", place.epoch, place.step)
                         : fmt::format("step {}", place.step);
}

constexpr std::string_view diverged_hint =
    "The step made no update. Lower the learning rate, or standardise the inputs.";

}  // namespace

void Session::report_loss(Engine& engine, const CheckedData& data, const BatchRows& rows,
                          const Pass& pass, const StepPlace& place, double loss) {
  // Later layers may have reused the memory of earlier ones, so look again from the start.
  gather(engine, pass.workers, data, rows, true);
  const auto bad = engine.first_non_finite(pass);
  const std::string layer = bad ? graph_.node(bad->node).label() : "";
  throw Diverged(
      place.where,
      fmt::format("expected finite numbers, got loss {} in {}{}. {}", loss, place_text(place),
                  bad ? fmt::format(", first in the output of {}", layer) : "", diverged_hint),
      {place.epoch, place.step, bad ? graph_.node(bad->node).name : ""});
}

void Session::report_gradient(const NonFinite& bad, const StepPlace& place) const {
  const GraphNode& node = graph_.node(bad.node);
  const std::string what = bad.parameter < 0
                               ? fmt::format("the output of {}", node.label())
                               : graph_.parameters()[static_cast<std::size_t>(bad.parameter)].path;
  throw Diverged(place.where,
                 fmt::format("expected finite numbers, got a gradient of {} that is not in {}. {}",
                             what, place_text(place), diverged_hint),
                 {place.epoch, place.step, node.name});
}

}  // namespace minnow
