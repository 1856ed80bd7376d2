// Compile settings as Keras writes them, and back.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/graph/registry.h"
#include "interop/architecture.h"
#include "interop/detail/compile_settings.h"
#include "layers/settings.h"

namespace minnow {
namespace {

// A string where the user wrote one, else the object.
Config loss_config(const Loss& loss) {
  if (!loss.text().empty()) return loss.text();
  return keras_object("keras.losses", loss->class_name(), loss->config());
}

// Keras's class Accuracy is another thing than its string 'accuracy', which has no class.
Config metric_config(const Metric& metric) {
  if (!metric.text().empty()) return metric.text();
  if (metric->class_name() == "Accuracy" && metric.key() == "accuracy") return metric.key();
  Config config = metric->config();
  config.set("name", metric.key());
  return keras_object("keras.metrics", metric->class_name(), std::move(config));
}

Config metric_list_config(const std::vector<Metric>& metrics) {
  Config::List list;
  for (const Metric& metric : metrics) list.push_back(metric_config(metric));
  return list;
}

Config metrics_config(const Metrics& metrics) {
  if (metrics.empty()) return {};
  if (metrics.is_one_list()) return metric_list_config(metrics.lists().front());
  Config named = Config(Config::Object{});
  Config::List lists;
  for (std::size_t i = 0; i < metrics.lists().size(); ++i) {
    const std::vector<Metric>& list = metrics.lists()[i];
    if (metrics.names().empty()) lists.push_back(metric_list_config(list));
    if (!metrics.names().empty()) named.set(metrics.names()[i], metric_list_config(list));
  }
  return metrics.names().empty() ? Config(lists) : named;
}

// One value as it is, several as a list, named ones as an object.
template <class T, class Write>
Config per_output_config(const PerOutput<T>& values, Write write) {
  if (values.empty()) return {};
  if (!values.names().empty()) {
    Config named = Config(Config::Object{});
    for (std::size_t i = 0; i < values.size(); ++i) named.set(values.names()[i], write(values[i]));
    return named;
  }
  Config::List list;
  for (const T& value : values) list.push_back(write(value));
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

// A loss written as a string keeps its text.
Loss loss_from(std::string_view name, const Config& config) {
  return config.is_null() ? Loss(name) : make_loss(name, config);
}

// Keras calls an optimizer after its class where the user does not name it.
Config optimizer_config(const Optimizer& optimizer) {
  Config config = optimizer->config();
  config.set("name", snake_case(optimizer->class_name()));
  return keras_object("keras.optimizers", optimizer->class_name(), std::move(config));
}

// A metric named by a string is called by it in History.
Metric metric_from(std::string_view name, const Config& config) {
  return config.is_null() ? Metric(name) : make_metric(name, config);
}

std::vector<Metric> metric_list_from(const Config& config, std::string_view what,
                                     detail::Unsupported& unsupported) {
  std::vector<Metric> metrics;
  if (config.is_null()) return metrics;
  for (const Config& item : config.is_list() ? config.list() : Config::List{config}) {
    if (const auto made = unsupported.attempt([&] { return made_from(item, what, metric_from); })) {
      metrics.push_back(*made);
    }
  }
  return metrics;
}

// Objects without a class_name are metrics by the name of their output.
bool is_by_name(const Config& config) {
  return config.is_object() && !config["class_name"].is_string();
}

// A list that holds lists has one for each output.
Metrics metrics_from(const Config& config, std::string_view what,
                     detail::Unsupported& unsupported) {
  if (is_by_name(config)) {
    Metrics::NamedLists named;
    for (const auto& [name, list] : config.entries()) {
      named[name] = metric_list_from(list, what, unsupported);
    }
    return named;
  }
  const auto is_list = [](const Config& item) { return item.is_list() || item.is_null(); };
  if (config.is_list() && std::any_of(config.list().begin(), config.list().end(), is_list)) {
    Metrics::Lists lists;
    for (const Config& item : config.list()) {
      lists.push_back(metric_list_from(item, what, unsupported));
    }
    if (lists.size() == 1) return lists.front();
    return lists;
  }
  return metric_list_from(config, what, unsupported);
}

Loss output_loss_from(const Config& config) {
  if (config.is_null()) {
    throw Unimplemented("compile_config",
                        "an output without a loss is not supported. Supported: one for each.");
  }
  return made_from(config, "loss", loss_from);
}

float weight_from(const Config& config) {
  if (!config.is_number()) {
    throw Unimplemented("compile_config", fmt::format("loss_weights = {} is not supported. "
                                                      "Supported: numbers.",
                                                      config.str()));
  }
  return static_cast<float>(config.number());
}

template <class T, class Read>
PerOutput<T> per_output_from(const Config& config, Read read, detail::Unsupported& unsupported) {
  if (config.is_null()) return {};
  if (is_by_name(config)) {
    std::vector<std::pair<std::string, T>> named;
    for (const auto& entry : config.entries()) {
      if (const auto made = unsupported.attempt([&] { return read(entry.second); })) {
        named.emplace_back(entry.first, *made);
      }
    }
    return named;
  }
  std::vector<T> values;
  for (const Config& item : config.is_list() ? config.list() : Config::List{config}) {
    if (const auto made = unsupported.attempt([&] { return read(item); })) values.push_back(*made);
  }
  return values;
}

}  // namespace

Config compile_config(const CompileOptions& options) {
  const Config losses = per_output_config(options.loss, loss_config);
  const bool one_loss = losses.is_list() && losses.list().size() == 1;
  return Config::object(
      {{"optimizer", optimizer_config(options.optimizer)},
       {"loss", one_loss ? losses.list().front() : losses},
       {"loss_weights",
        per_output_config(options.loss_weights, [](float weight) { return Config(weight); })},
       {"metrics", metrics_config(options.metrics)},
       {"weighted_metrics", metrics_config(options.weighted_metrics)},
       {"run_eagerly", false},
       {"steps_per_execution", 1}});
}

CompileOptions detail::compile_options_from(const Config& config, Unsupported& unsupported) {
  ConfigReader reader(config, "compile_config");
  CompileOptions options;
  const Config& optimizer = reader.value("optimizer");
  if (const auto made =
          unsupported.attempt([&] { return made_from(optimizer, "optimizer", make_optimizer); })) {
    options.optimizer = *made;
  }
  options.loss = per_output_from<Loss>(reader.value("loss"), output_loss_from, unsupported);
  options.loss_weights =
      per_output_from<float>(reader.value("loss_weights"), weight_from, unsupported);
  options.metrics = metrics_from(reader.value("metrics"), "metrics", unsupported);
  options.weighted_metrics =
      metrics_from(reader.value("weighted_metrics"), "weighted_metrics", unsupported);
  // How Keras executes a step means nothing here.
  for (auto key : {"run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"}) {
    reader.ignore(key);
  }
  unsupported.attempt([&] {
    reader.finish();
    return true;
  });
  return options;
}

CompileOptions compile_options_from(const Config& config) {
  detail::Unsupported unsupported;
  CompileOptions options = detail::compile_options_from(config, unsupported);
  unsupported.report("compile_config", "compile settings");
  return options;
}

}  // namespace minnow
