// Compile settings as Keras writes them, and back.
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "core/error.h"
#include "core/graph/registry.h"
#include "interop/architecture.h"
#include "layers/settings.h"

namespace minnow {
namespace {

// A string where the settings are the defaults, as users write it, else the object.
Config loss_config(const Loss& loss) {
  const std::string name = snake_case(loss->class_name());
  if (make_loss(name, {})->config() == loss->config()) return name;
  return keras_object("keras.losses", loss->class_name(), loss->config());
}

Config metric_config(const Metric& metric) {
  try {
    const Metric named(metric.key());
    if (named->class_name() == metric->class_name() && named->config() == metric->config()) {
      return metric.key();
    }
  } catch (const InvalidArgument&) {
    // A key of the user's own is no name of a metric: the object says which it is.
  }
  Config config = metric->config();
  config.set("name", metric.key());
  return keras_object("keras.metrics", metric->class_name(), std::move(config));
}

Config metrics_config(const std::vector<Metric>& metrics) {
  if (metrics.empty()) return {};
  Config::List list;
  for (const Metric& metric : metrics) list.push_back(metric_config(metric));
  return list;
}

// A thing written as a string, or as {class_name, config}.
template <class Make>
auto made_from(const Config& config, std::string_view what, Make make) {
  if (config.is_string()) return make(config.string(), Config());
  if (config.is_object() && config["class_name"].is_string()) {
    return make(config["class_name"].string(), config["config"]);
  }
  throw Unimplemented("compile_config", fmt::format("{} = {} is not supported. Supported: a name, "
                                                    "or an object of Keras's.",
                                                    what, config.str()));
}

// A metric named by a string is called by it in History.
Metric metric_from(std::string_view name, const Config& config) {
  return config.is_null() ? Metric(name) : make_metric(name, config);
}

// Lists of lists (metrics for each output) with one inner list are that list.
std::vector<Metric> metrics_from(const Config& config, std::string_view what) {
  std::vector<Metric> metrics;
  if (config.is_null()) return metrics;
  if (!config.is_list()) return {made_from(config, what, metric_from)};
  const Config::List& list = config.list();
  if (list.size() == 1 && list.front().is_list()) return metrics_from(list.front(), what);
  for (const Config& item : list) metrics.push_back(made_from(item, what, metric_from));
  return metrics;
}

}  // namespace

Config compile_config(const CompileOptions& options) {
  Config::List losses, weights;
  for (const Loss& loss : options.loss) losses.push_back(loss_config(loss));
  for (float weight : options.loss_weights) weights.emplace_back(weight);
  return Config::object(
      {{"optimizer", keras_object("keras.optimizers", options.optimizer->class_name(),
                                  options.optimizer->config())},
       {"loss", losses.size() == 1 ? losses.front() : Config(losses)},
       {"loss_weights", weights.empty() ? Config() : Config(weights)},
       {"metrics", metrics_config(options.metrics)},
       {"weighted_metrics", metrics_config(options.weighted_metrics)},
       {"run_eagerly", false},
       {"steps_per_execution", 1},
       {"jit_compile", false}});
}

CompileOptions compile_options_from(const Config& config) {
  ConfigReader reader(config, "compile_config");
  CompileOptions options{.optimizer =
                             made_from(reader.value("optimizer"), "optimizer", make_optimizer)};
  const Config& loss = reader.value("loss");
  if (loss.is_list()) {
    std::vector<Loss> losses;
    for (const Config& item : loss.list()) losses.push_back(made_from(item, "loss", make_loss));
    options.loss = std::move(losses);
  } else if (!loss.is_null()) {
    options.loss = made_from(loss, "loss", make_loss);
  }
  const Config& weights = reader.value("loss_weights");
  if (weights.is_number()) options.loss_weights.push_back(static_cast<float>(weights.number()));
  for (const Config& weight : weights.is_list() ? weights.list() : Config::List{}) {
    if (!weight.is_number()) {
      throw Unimplemented("compile_config", fmt::format("loss_weights = {} is not supported. "
                                                        "Supported: numbers.",
                                                        weights.str()));
    }
    options.loss_weights.push_back(static_cast<float>(weight.number()));
  }
  options.metrics = metrics_from(reader.value("metrics"), "metrics");
  options.weighted_metrics = metrics_from(reader.value("weighted_metrics"), "weighted_metrics");
  // How Keras executes a step means nothing here.
  for (auto key : {"run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"}) {
    reader.ignore(key);
  }
  reader.finish();
  return options;
}

}  // namespace minnow
