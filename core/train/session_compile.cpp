// What a session measures: losses and metrics on outputs, and the names of the results.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/train/session.h"

namespace minnow {
namespace {

// The activation that the model puts on an output, seen through views.
ActivationKind output_activation(const Graph& graph, int output) {
  int i = output;
  while (graph.node(i).declaration().view &&
         graph.node(i).declaration().activation.kind == ActivationKind::linear &&
         !graph.node(i).inputs.empty()) {
    i = graph.node(i).inputs.front();
  }
  return graph.node(i).declaration().activation.kind;
}

void check_loss(const Loss& loss, const Graph& graph, int output) {
  const ActivationKind activation = output_activation(graph, output);
  const bool squashed =
      activation == ActivationKind::softmax || activation == ActivationKind::sigmoid;
  if (loss->from_logits() && squashed) {
    throw InvalidArgument(
        {"compile", "loss",
         fmt::format("{} without from_logits, or an output without activation", loss->class_name()),
         fmt::format("from_logits = true on the {} output of {}", activation_name(activation),
                     graph.node(output).label()),
         "The loss would apply it a second time: leave one of them out."});
  }
}

void check_metric(const Metric& metric, const Loss& loss) {
  const TargetKind kind = loss->target_rule().kind;
  if (metric->target_kind() == kind) return;
  const bool labels = kind == TargetKind::labels;
  throw InvalidArgument(
      {"compile", "metrics",
       fmt::format("a metric on {} targets, as the loss {} has them",
                   labels ? "class number" : "dense", loss->class_name()),
       fmt::format("'{}'", metric.key()),
       labels ? "Use accuracy or sparse_categorical_accuracy." : "Use accuracy or another loss."});
}

}  // namespace

std::vector<Session::Target> Session::make_targets(const CompileOptions& options) const {
  const std::size_t outputs = graph_.outputs().size();
  const auto count = [&](std::string_view what, std::size_t got, bool one_will_do) {
    if (got == outputs || (one_will_do && got == 1)) return;
    throw InvalidArgument(
        {"compile", std::string(what),
         fmt::format("one{} for each of {} outputs", one_will_do ? " for all or one" : "", outputs),
         fmt::format("{}", got), ""});
  };
  if (options.loss.empty()) {
    throw InvalidArgument({"compile", "loss", "a loss", "none",
                           "For example .loss = \"sparse_categorical_crossentropy\"."});
  }
  count("loss", options.loss.size(), true);
  if (!options.loss_weights.empty()) count("loss_weights", options.loss_weights.size(), false);
  for (float weight : options.loss_weights) {
    if (!std::isfinite(weight)) {
      throw InvalidArgument(
          {"compile", "loss_weights", "finite numbers", fmt::format("{}", weight), ""});
    }
  }
  std::vector<Target> targets;
  for (std::size_t o = 0; o < outputs; ++o) {
    const GraphNode& node = graph_.node(graph_.outputs()[o]);
    const Shape& shape = node.output();
    Target target{.loss = options.loss[options.loss.size() == 1 ? 0 : o]};
    check_loss(target.loss, graph_, graph_.outputs()[o]);
    if (!options.loss_weights.empty()) target.weight = options.loss_weights[o];
    target.cols = shape.rank() == 0 ? 1 : shape.back();
    target.positions = shape.numel() / target.cols;
    const TargetKind kind = target.loss->target_rule().kind;
    target.target_bytes = static_cast<std::int64_t>(sizeof(float)) * target.positions *
                          (kind == TargetKind::labels ? 1 : target.cols);
    if (outputs > 1) target.prefix = node.name + "_";
    target.weighted_from = options.metrics.size();
    for (const auto* list : {&options.metrics, &options.weighted_metrics}) {
      for (const Metric& metric : *list) {
        target.metrics.push_back(metric.resolved(target.cols, kind));
        check_metric(target.metrics.back(), target.loss);
      }
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

void Session::compile(CompileOptions options) {
  if (options.input_scale && (!std::isfinite(*options.input_scale) || *options.input_scale == 0)) {
    throw InvalidArgument({"compile", "input_scale", "a finite number other than 0",
                           fmt::format("{}", *options.input_scale), ""});
  }
  targets_ = make_targets(options);
  options_ = std::move(options);
  learning_rate_ = options_->optimizer->learning_rate();
  step_ = 0;
  parameters_.clear_slots();
  training_.reset();
  evaluation_.reset();
  lay_tally();
}

void Session::lay_tally() {
  named_.clear();
  named_.push_back({.key = "loss", .target = 0, .sums = 0, .metric = -2});
  tally_size_ = 2;
  const auto add = [&](std::string key, std::size_t target, int metric, int sums) {
    const bool taken =
        std::any_of(named_.begin(), named_.end(), [&](const Named& n) { return n.key == key; });
    if (taken) key = "weighted_" + key;
    named_.push_back({std::move(key), target, tally_size_, metric});
    tally_size_ += static_cast<std::size_t>(sums);
  };
  for (std::size_t o = 0; o < targets_.size(); ++o) {
    const Target& target = targets_[o];
    if (targets_.size() > 1) add(target.prefix + "loss", o, -1, 2);
    for (std::size_t m = 0; m < target.metrics.size(); ++m) {
      add(target.prefix + target.metrics[m].key(), o, static_cast<int>(m),
          target.metrics[m]->sums());
    }
  }
  // Results are shown by name, as Keras shows them; sums stay where they are.
  std::sort(named_.begin(), named_.end(),
            [](const Named& a, const Named& b) { return a.key < b.key; });
  pending_.assign(tally_size_, 0.0);
}

Logs Session::results(std::span<const double> tally, std::string_view prefix) const {
  Logs logs;
  for (const Named& named : named_) logs.set(fmt::format("{}{}", prefix, named.key), 0);
  refresh(logs, tally);
  return logs;
}

void Session::refresh(Logs& logs, std::span<const double> tally) const {
  for (std::size_t i = 0; i < named_.size(); ++i) {
    const Named& named = named_[i];
    const auto sums = tally.subspan(named.sums);
    const double mean = sums[1] > 0 ? sums[0] / sums[1] : 0;
    logs.replace(
        i,
        named.metric < 0
            ? mean
            : targets_[named.target].metrics[static_cast<std::size_t>(named.metric)]->result(sums));
  }
}

}  // namespace minnow
