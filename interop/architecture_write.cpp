// Model -> Keras's architecture JSON.
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/graph/registry.h"
#include "core/graph/submodel.h"
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

// In how many models each layer stands, and a number for those that stand in several.
class LayerNumbers {
 public:
  explicit LayerNumbers(const Graph& graph) { count(graph); }

  Config number(const LayerImpl& layer) const {
    const auto found = numbers_.find(&layer);
    return found == numbers_.end() ? Config() : Config(found->second);
  }

 private:
  void count(const Graph& graph) {
    std::set<const LayerImpl*> here;
    for (const GraphCall& call : graph.calls()) {
      const LayerImpl* layer = &call.layer.impl();
      if (!here.insert(layer).second) continue;
      if (!met_.insert(layer).second) {
        numbers_.emplace(layer, static_cast<std::int64_t>(numbers_.size()) + 1);
      } else if (const SubmodelImpl* submodel = as_submodel(call.layer)) {
        count(submodel->graph());
      }
    }
  }

  std::set<const LayerImpl*> met_;
  std::map<const LayerImpl*, std::int64_t> numbers_;
};

Config layer_config(const GraphCall& call, const Graph& graph, bool trainable,
                    const LayerNumbers& shared);

// Which call of its layer each one is.
std::vector<std::int64_t> call_numbers(const Graph& graph) {
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < graph.calls().size(); ++i) {
    std::int64_t before = 0;
    for (std::size_t j = 0; j < i; ++j) before += graph.calls()[j].layer == graph.calls()[i].layer;
    numbers.push_back(before);
  }
  return numbers;
}

Config history(const Graph& graph, const Port& port, const std::vector<std::int64_t>& numbers) {
  const auto call = static_cast<std::size_t>(port.call);
  return Config::List{graph.calls()[call].name, numbers[call], port.output};
}

Config functional_layers(const Graph& graph, const std::vector<std::int64_t>& numbers,
                         bool trainable, const LayerNumbers& shared) {
  Config::List layers;
  for (std::size_t i = 0; i < graph.calls().size(); ++i) {
    if (numbers[i] != 0) continue;
    const GraphCall& call = graph.calls()[i];
    Config::List inbound;
    for (std::size_t j = i; j < graph.calls().size(); ++j) {
      const GraphCall& use = graph.calls()[j];
      if (!(use.layer == call.layer) || use.inputs.empty()) continue;
      Config::List tensors;
      for (const Port& input : use.inputs) {
        tensors.push_back(Config::object(
            {{"class_name", "__keras_tensor__"},
             {"config", Config::object({{"shape", batch_shape(graph.shape(input))},
                                        {"dtype", "float32"},
                                        {"keras_history", history(graph, input, numbers)}})}}));
      }
      Config::List args;
      if (tensors.size() == 1) {
        args = std::move(tensors);
      } else {
        args.emplace_back(std::move(tensors));
      }
      inbound.push_back(Config::object({{"args", args}, {"kwargs", Config(Config::Object{})}}));
    }
    Config layer = layer_config(call, graph, trainable, shared);
    layer.set("name", call.name);
    layer.set("inbound_nodes", inbound);
    layers.push_back(std::move(layer));
  }
  return layers;
}

Config ends(const Graph& graph, const std::vector<Port>& ports,
            const std::vector<std::int64_t>& numbers) {
  Config::List list;
  for (const Port& port : ports) list.push_back(history(graph, port, numbers));
  // One alone is one to Keras, and not a list, which its predict would return too.
  if (list.size() == 1) return list.front();
  return list;
}

// A whole graph as Keras writes a model, alone or within another.
Config graph_config(const Graph& graph, bool sequential, const std::string& name, bool trainable,
                    const LayerNumbers& shared) {
  Config config = Config::object({{"name", name}, {"trainable", trainable}});
  if (sequential) {
    Config::List layers;
    for (const GraphCall& call : graph.calls()) {
      layers.push_back(layer_config(call, graph, trainable, shared));
    }
    config.set("dtype", policy());
    config.set("layers", layers);
    config.set("build_input_shape", batch_shape(graph.input(0).shape()));
  } else {
    const auto numbers = call_numbers(graph);
    config.set("layers", functional_layers(graph, numbers, trainable, shared));
    config.set("input_layers", ends(graph, graph.input_ports(), numbers));
    config.set("output_layers", ends(graph, graph.output_ports(), numbers));
  }
  const Config shape = sequential ? batch_shape(graph.input(0).shape()) : Config();
  return Config::object({{"module", sequential ? "keras" : "keras.src.models.functional"},
                         {"class_name", sequential ? "Sequential" : "Functional"},
                         {"config", config},
                         {"registered_name", sequential ? Config() : Config("Functional")},
                         {"build_config", Config::object({{"input_shape", shape}})}});
}

Config layer_config(const GraphCall& call, const Graph& graph, bool trainable,
                    const LayerNumbers& shared) {
  const LayerImpl& impl = call.layer.impl();
  const Config number = shared.number(impl);
  trainable = trainable && impl.trainable();
  if (const SubmodelImpl* submodel = as_submodel(call.layer)) {
    Config model =
        graph_config(submodel->graph(), submodel->sequential(), call.name, trainable, shared);
    if (!number.is_null()) model.set("shared_object_id", number);
    return model;
  }
  const bool input = as_input(call.layer) != nullptr;
  Config config = Config::object({{"name", call.name}});
  if (!input) {
    config.set("trainable", trainable);
    config.set("dtype", policy());
  }
  Config expects;
  const Config own = impl.config();
  for (const auto& [key, value] : own.entries()) {
    if (input && key == "expects") {
      expects = value;
    } else {
      config.set(key, value);
    }
  }
  Config layer = keras_object("keras.layers", call.layer.class_name(), std::move(config));
  if (call.inputs.size() == 1 && !graph.node(call.outputs.front()).weights.empty()) {
    layer.set("build_config",
              Config::object({{"input_shape", batch_shape(graph.shape(call.inputs[0]))}}));
  }
  if (!expects.is_null()) layer.set("expects", expects);
  if (!number.is_null()) layer.set("shared_object_id", number);
  return layer;
}

}  // namespace

Config architecture_of(const Model& model) {
  const Graph& graph = model.graph();
  const bool sequential = model.is_sequential();
  const std::string& own = model.options().name;
  const std::string name = !own.empty() ? own : sequential ? "sequential" : "functional";
  Config architecture = graph_config(graph, sequential, name, true, LayerNumbers(graph));
  if (const CompileOptions* options = model.compile_options()) {
    architecture.set("compile_config", compile_config(*options));
  }
  return architecture;
}

std::string to_json(const Model& model, int indent) {
  return write_json(architecture_of(model), indent);
}

}  // namespace minnow
