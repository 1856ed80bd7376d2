// Model -> Keras's architecture JSON.
#include <utility>
#include <vector>

#include "core/graph/registry.h"
#include "interop/architecture.h"
#include "interop/json.h"
#include "layers/settings.h"

namespace minnow {
namespace {

Config policy() {
  return keras_object("keras", "DTypePolicy", Config::object({{"name", "float32"}}));
}

Config batch_shape(const Shape& row) {
  Config::List dims{Config()};
  for (std::int64_t dim : row) dims.emplace_back(dim);
  return dims;
}

Config layer_config(const GraphNode& node, const Graph& graph) {
  const bool input = as_input(node.layer) != nullptr;
  Config config = Config::object({{"name", node.name}});
  if (!input) {
    config.set("trainable", node.layer.impl().trainable());
    config.set("dtype", policy());
  }
  Config expects;
  const Config own = node.layer.impl().config();
  for (const auto& [key, value] : own.entries()) {
    if (input && key == "expects") {
      expects = value;
    } else {
      config.set(key, value);
    }
  }
  Config layer = keras_object("keras.layers", node.layer.class_name(), std::move(config));
  if (node.inputs.size() == 1 && !node.weights.empty()) {
    layer.set("build_config",
              Config::object({{"input_shape", batch_shape(graph.node(node.inputs[0]).output())}}));
  }
  if (!expects.is_null()) layer.set("expects", expects);
  return layer;
}

// Which call of its layer each node is.
std::vector<std::int64_t> call_numbers(const Graph& graph) {
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    std::int64_t before = 0;
    for (std::size_t j = 0; j < i; ++j) before += graph.nodes()[j].layer == graph.nodes()[i].layer;
    numbers.push_back(before);
  }
  return numbers;
}

Config functional_layers(const Graph& graph, const std::vector<std::int64_t>& calls) {
  Config::List layers;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    if (calls[i] != 0) continue;
    const GraphNode& node = graph.nodes()[i];
    Config::List inbound;
    for (std::size_t j = i; j < graph.nodes().size(); ++j) {
      const GraphNode& use = graph.nodes()[j];
      if (!(use.layer == node.layer) || use.inputs.empty()) continue;
      Config::List tensors;
      for (int input : use.inputs) {
        const GraphNode& source = graph.node(input);
        tensors.push_back(Config::object(
            {{"class_name", "__keras_tensor__"},
             {"config",
              Config::object(
                  {{"shape", batch_shape(source.output())},
                   {"dtype", "float32"},
                   {"keras_history",
                    Config::List{source.name, calls[static_cast<std::size_t>(input)], 0}}})}}));
      }
      Config::List args;
      if (tensors.size() == 1) {
        args = std::move(tensors);
      } else {
        args.emplace_back(std::move(tensors));
      }
      inbound.push_back(Config::object({{"args", args}, {"kwargs", Config(Config::Object{})}}));
    }
    Config layer = layer_config(node, graph);
    layer.set("name", node.name);
    layer.set("inbound_nodes", inbound);
    layers.push_back(std::move(layer));
  }
  return layers;
}

Config ends(const Graph& graph, const std::vector<int>& nodes,
            const std::vector<std::int64_t>& calls) {
  Config::List list;
  for (int i : nodes) {
    list.emplace_back(Config::List{graph.node(i).name, calls[static_cast<std::size_t>(i)], 0});
  }
  return list;
}

}  // namespace

Config architecture_of(const Model& model) {
  const Graph& graph = model.graph();
  const bool sequential = model.is_sequential();
  const std::string& own = model.options().name;
  Config config = Config::object({{"name", !own.empty() ? own
                                           : sequential ? "sequential"
                                                        : "functional"},
                                  {"trainable", true}});
  if (sequential) {
    Config::List layers;
    for (const GraphNode& node : graph.nodes()) layers.push_back(layer_config(node, graph));
    config.set("dtype", policy());
    config.set("layers", layers);
    config.set("build_input_shape", batch_shape(graph.input(0).shape()));
  } else {
    const auto calls = call_numbers(graph);
    config.set("layers", functional_layers(graph, calls));
    config.set("input_layers", ends(graph, graph.inputs(), calls));
    config.set("output_layers", ends(graph, graph.outputs(), calls));
  }
  Config architecture =
      Config::object({{"module", sequential ? "keras" : "keras.src.models.functional"},
                      {"class_name", sequential ? "Sequential" : "Functional"},
                      {"config", config},
                      {"registered_name", sequential ? Config() : Config("Functional")},
                      {"build_config", Config::object({{"input_shape", {}}})}});
  if (sequential) {
    architecture.set("build_config",
                     Config::object({{"input_shape", batch_shape(graph.input(0).shape())}}));
  }
  if (const CompileOptions* options = model.compile_options()) {
    architecture.set("compile_config", compile_config(*options));
  }
  return architecture;
}

std::string to_json(const Model& model, int indent) {
  return write_json(architecture_of(model), indent);
}

}  // namespace minnow
