// Keras's architecture JSON -> Model.
#include <fmt/format.h>

#include <map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/graph/registry.h"
#include "interop/architecture.h"
#include "interop/json.h"

namespace minnow {
namespace {

[[noreturn]] void damaged(const std::string& name, const std::string& what) {
  throw DataLoss("architecture", fmt::format("{}: {}.", name, what));
}

const Config& member(const Config& object, std::string_view key, const std::string& name) {
  const Config& value = object[key];
  if (value.is_null()) damaged(name, fmt::format("expected '{}' in {}", key, object.str()));
  return value;
}

const std::string& text_of(const Config& object, std::string_view key, const std::string& name) {
  const Config& value = member(object, key, name);
  if (!value.is_string()) damaged(name, fmt::format("expected a string as '{}'", key));
  return value.string();
}

const Config::List& list_of(const Config& object, std::string_view key, const std::string& name) {
  const Config& value = member(object, key, name);
  if (!value.is_list()) damaged(name, fmt::format("expected a list as '{}'", key));
  return value.list();
}

Layer layer_from(const Config& layer, const std::string& name) {
  Config config = member(layer, "config", name);
  if (!config.is_object()) damaged(name, "expected an object as 'config'");
  // minnow's own addition lies beside config, where Keras passes over it.
  if (!layer["expects"].is_null()) config.set("expects", layer["expects"]);
  return make_layer(text_of(layer, "class_name", name), config);
}

// A use of a layer: its name, and which of its calls.
using Use = std::pair<std::string, std::int64_t>;

Use use_from(const Config& history, const std::string& name) {
  if (!history.is_list() || history.list().size() != 3 || !history.list()[0].is_string() ||
      !history.list()[1].is_integer()) {
    damaged(name, fmt::format("expected [layer, node, tensor], got {}", history.str()));
  }
  return {history.list()[0].string(), history.list()[1].integer()};
}

// The tensors among a call's arguments, nested lists flattened.
void collect_inputs(const Config& argument, const std::string& name, std::vector<Use>& inputs) {
  if (argument.is_list()) {
    for (const Config& item : argument.list()) collect_inputs(item, name, inputs);
  } else if (argument.is_object() && argument["class_name"] == Config("__keras_tensor__")) {
    inputs.push_back(
        use_from(member(member(argument, "config", name), "keras_history", name), name));
  } else if (!argument.is_null()) {
    throw Unimplemented("architecture",
                        fmt::format("{}: the call argument {} is not supported. Supported: layers "
                                    "called on the outputs of other layers.",
                                    name, argument.str()));
  }
}

struct Call {
  Use use;
  const Layer* layer;
  std::vector<Use> inputs;
};

// "input_layers" is one [name, 0, 0] or a list of them.
std::vector<Use> ends_from(const Config& config, std::string_view key, const std::string& name) {
  const Config::List& list = list_of(config, key, name);
  std::vector<Use> uses;
  if (!list.empty() && list.front().is_string()) {
    uses.push_back(use_from(member(config, key, name), name));
  } else {
    for (const Config& item : list) uses.push_back(use_from(item, name));
  }
  return uses;
}

class FunctionalReader {
 public:
  FunctionalReader(const Config& config, const std::string& name) : config_(config), name_(name) {
    for (const Config& layer : list_of(config, "layers", name)) read_layer(layer);
  }

  Model model(ModelOptions options) {
    resolve();
    return Model(symbols(ends_from(config_, "input_layers", name_)),
                 symbols(ends_from(config_, "output_layers", name_)), std::move(options));
  }

 private:
  void read_layer(const Config& layer) {
    const std::string& layer_name = text_of(layer, "name", name_);
    const auto [place, is_new] = layers_.emplace(layer_name, layer_from(layer, name_));
    if (!is_new) {
      throw InvalidArgument({"architecture", "", "a name of its own for every layer",
                             fmt::format("'{}' twice", layer_name), ""});
    }
    std::int64_t call = 0;
    if (as_input(place->second) != nullptr)
      calls_.push_back({{layer_name, call++}, &place->second, {}});
    for (const Config& node : list_of(layer, "inbound_nodes", name_)) {
      Call made{{layer_name, call++}, &place->second, {}};
      collect_inputs(member(node, "args", name_), name_, made.inputs);
      for (const auto& [key, value] :
           node["kwargs"].is_object() ? node["kwargs"].entries() : Config::Object{}) {
        collect_inputs(value, name_, made.inputs);
      }
      calls_.push_back(std::move(made));
    }
  }

  // Calls are made as soon as their inputs are known. What is left when none can be made any more
  // waits for itself, or for a layer that is not there.
  void resolve() {
    std::vector<Call> waiting = calls_;
    while (!waiting.empty()) {
      std::vector<Call> still;
      for (Call& call : waiting) {
        std::vector<Symbol> inputs;
        for (const Use& input : call.inputs) {
          if (const auto found = symbols_.find(input); found != symbols_.end()) {
            inputs.push_back(found->second);
          }
        }
        if (inputs.size() == call.inputs.size()) {
          symbols_.emplace(call.use, Symbol(*call.layer, std::move(inputs)));
        } else {
          still.push_back(std::move(call));
        }
      }
      if (still.size() == waiting.size()) refuse(still.front());
      waiting = std::move(still);
    }
  }

  [[noreturn]] void refuse(const Call& call) const {
    for (const Use& input : call.inputs) {
      if (symbols_.contains(input)) continue;
      const bool known = layers_.contains(input.first);
      throw InvalidArgument(
          {"architecture", fmt::format("layer '{}'", call.use.first),
           known ? "a graph without cycles" : "inputs from layers of the model",
           known ? fmt::format("one through '{}' and '{}'", input.first, call.use.first)
                 : fmt::format("'{}', which is not one", input.first),
           ""});
    }
    damaged(name_, fmt::format("the inputs of '{}' contradict each other", call.use.first));
  }

  std::vector<Symbol> symbols(const std::vector<Use>& uses) const {
    std::vector<Symbol> result;
    for (const Use& use : uses) {
      const auto found = symbols_.find(use);
      if (found == symbols_.end()) {
        throw InvalidArgument({"architecture", "",
                               "inputs and outputs that are layers of the model",
                               fmt::format("'{}', call {}", use.first, use.second), ""});
      }
      result.push_back(found->second);
    }
    return result;
  }

  const Config& config_;
  const std::string& name_;
  std::map<std::string, Layer> layers_;
  std::vector<Call> calls_;
  std::map<Use, Symbol> symbols_;
};

Model sequential_from(const Config& config, const std::string& name, ModelOptions options) {
  std::vector<Layer> layers;
  for (const Config& layer : list_of(config, "layers", name)) {
    layers.push_back(layer_from(layer, name));
  }
  const Config& shape = config["build_input_shape"];
  if (!layers.empty() && as_input(layers.front()) == nullptr && shape.is_list()) {
    layers.insert(layers.begin(),
                  make_layer("InputLayer", Config::object({{"batch_shape", shape}})));
  }
  return Sequential(std::move(layers), std::move(options));
}

}  // namespace

Model model_from_config(const Config& architecture, const std::string& name, ModelOptions options) {
  const std::string& kind = text_of(architecture, "class_name", name);
  const Config& config = member(architecture, "config", name);
  if (kind != "Sequential" && kind != "Functional" && kind != "Model") {
    throw Unimplemented("architecture", fmt::format("{}: a model of class '{}' is not supported. "
                                                    "Supported: Sequential, Functional.",
                                                    name, kind));
  }
  if (config.is_list()) {
    throw Unimplemented("architecture",
                        fmt::format("{}: the format of Keras 1 is not supported. Supported: what "
                                    "Keras 3 writes.",
                                    name));
  }
  if (options.name.empty() && config["name"].is_string()) options.name = config["name"].string();
  if (kind == "Sequential") return sequential_from(config, name, std::move(options));
  return FunctionalReader(config, name).model(std::move(options));
}

Model model_from_json(std::string_view json, const std::string& name, ModelOptions options) {
  return model_from_config(parse_json(json, name), name, std::move(options));
}

}  // namespace minnow
