// What a session measures: losses and metrics on outputs, and the names of the results.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/error.h"
#include "core/text.h"
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

[[noreturn]] void no_such_output(std::string_view argument, const std::string& name,
                                 const std::vector<std::string>& outputs) {
  const std::vector<std::string_view> known(outputs.begin(), outputs.end());
  throw InvalidArgument({"compile", argument, "names of outputs", fmt::format("'{}'", name),
                         suggest_name(name, known)});
}

std::size_t place_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

template <class T>
void check_per_output(std::string_view argument, const PerOutput<T>& given,
                      const std::vector<std::string>& outputs, bool one_will_do) {
  if (given.names().empty()) {
    if (given.size() == outputs.size() || (one_will_do && given.size() == 1)) return;
    throw InvalidArgument({"compile", argument,
                           fmt::format("one{} for each of {} outputs",
                                       one_will_do ? " for all or one" : "", outputs.size()),
                           fmt::format("{}", given.size()), ""});
  }
  for (const std::string& name : given.names()) {
    if (place_of(outputs, name) == outputs.size()) no_such_output(argument, name, outputs);
  }
  for (const std::string& output : outputs) {
    if (std::count(given.names().begin(), given.names().end(), output) == 1) continue;
    throw InvalidArgument(
        {"compile", argument, "one under the name of every output",
         fmt::format("{} for '{}'", std::count(given.names().begin(), given.names().end(), output),
                     output),
         ""});
  }
}

// Of something that check_per_output has seen.
template <class T>
const T& for_output(const PerOutput<T>& given, std::size_t o,
                    const std::vector<std::string>& outputs) {
  if (!given.names().empty()) return given[place_of(given.names(), outputs[o])];
  return given[given.size() == 1 ? 0 : o];
}

}  // namespace

Metrics::Metrics(const NamedLists& named) : lists_(), of_one_(false) {
  for (const auto& [name, list] : named) {
    names_.push_back(name);
    lists_.push_back(list);
  }
}

bool Metrics::empty() const noexcept {
  return std::all_of(lists_.begin(), lists_.end(), [](const auto& list) { return list.empty(); });
}

std::vector<Metric> Metrics::of_output(std::string_view argument, std::size_t o,
                                       const std::vector<std::string>& outputs) const {
  if (lists_.empty()) return {};
  if (of_one_) {
    const std::vector<Metric>& all = lists_.front();
    const bool one_each = outputs.size() > 1 && all.size() == outputs.size();
    return one_each ? std::vector<Metric>{all[o]} : all;
  }
  if (!names_.empty()) {
    for (const std::string& name : names_) {
      if (place_of(outputs, name) == outputs.size()) no_such_output(argument, name, outputs);
    }
    const std::size_t place = place_of(names_, outputs[o]);
    return place == names_.size() ? std::vector<Metric>{} : lists_[place];
  }
  if (lists_.size() != outputs.size()) {
    throw InvalidArgument({"compile", argument,
                           fmt::format("a list for each of {} outputs", outputs.size()),
                           fmt::format("{}", lists_.size()), ""});
  }
  return lists_[o];
}

std::vector<std::string> Session::output_names() const {
  std::vector<std::string> names;
  for (const int output : graph_.outputs()) names.push_back(graph_.node(output).name);
  return names;
}

std::vector<Session::Target> Session::make_targets(const CompileOptions& options) const {
  const std::vector<std::string> names = output_names();
  if (options.loss.empty()) {
    throw InvalidArgument({"compile", "loss", "a loss", "none",
                           "For example .loss = \"sparse_categorical_crossentropy\"."});
  }
  check_per_output("loss", options.loss, names, true);
  if (!options.loss_weights.empty()) {
    check_per_output("loss_weights", options.loss_weights, names, false);
  }
  for (float weight : options.loss_weights) {
    if (!std::isfinite(weight)) {
      throw InvalidArgument(
          {"compile", "loss_weights", "finite numbers", fmt::format("{}", weight), ""});
    }
  }
  std::vector<Target> targets;
  for (std::size_t o = 0; o < names.size(); ++o) {
    const GraphNode& node = graph_.node(graph_.outputs()[o]);
    const Shape& shape = node.output();
    Target target{.loss = for_output(options.loss, o, names)};
    check_loss(target.loss, graph_, graph_.outputs()[o]);
    if (!options.loss_weights.empty()) target.weight = for_output(options.loss_weights, o, names);
    target.cols = shape.rank() == 0 ? 1 : shape.back();
    target.positions = shape.numel() / target.cols;
    const TargetKind kind = target.loss->target_rule().kind;
    target.target_bytes = static_cast<std::int64_t>(sizeof(float)) * target.positions *
                          (kind == TargetKind::labels ? 1 : target.cols);
    if (names.size() > 1) target.prefix = node.name + "_";
    const auto add = [&](std::string_view argument, const Metrics& metrics) {
      for (const Metric& metric : metrics.of_output(argument, o, names)) {
        target.metrics.push_back(metric.resolved(target.cols, kind));
        check_metric(target.metrics.back(), target.loss);
      }
    };
    add("metrics", options.metrics);
    target.weighted_from = target.metrics.size();
    add("weighted_metrics", options.weighted_metrics);
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
  learning_rate_ = options_->optimizer->learning_rate().at(0);
  step_ = 0;
  parameters_.drop_slots();
  training_.reset();
  evaluation_.reset();
  lay_tally();
}

void Session::lay_tally() {
  named_.clear();
  named_.push_back({.key = "loss", .target = 0, .sums = 0, .metric = -2});
  tally_size_ = 2;
  const auto add = [&](std::string key, std::size_t target, int metric, int sums) {
    named_.push_back({std::move(key), target, tally_size_, metric});
    tally_size_ += static_cast<std::size_t>(sums);
  };
  for (std::size_t o = 0; targets_.size() > 1 && o < targets_.size(); ++o) {
    add(targets_[o].prefix + "loss", o, -1, 2);
  }
  // As Keras names metrics: one that sees weights is a weighted_ where its name is taken, any other
  // gets a number.
  std::map<std::string, int> uses;
  const auto name_metric = [&](const Target& target, const Metric& metric, bool weighted) {
    std::string key = target.prefix + metric.key();
    if (weighted && uses.contains(key)) key = target.prefix + "weighted_" + metric.key();
    const int earlier = uses[key]++;
    return earlier == 0 ? key : fmt::format("{}_{}", key, earlier);
  };
  for (const bool weighted : {false, true}) {
    for (std::size_t o = 0; o < targets_.size(); ++o) {
      const Target& target = targets_[o];
      for (std::size_t m = 0; m < target.metrics.size(); ++m) {
        if ((m >= target.weighted_from) != weighted) continue;
        add(name_metric(target, target.metrics[m], weighted), o, static_cast<int>(m),
            target.metrics[m]->sums());
      }
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
