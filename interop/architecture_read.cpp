// Keras's architecture JSON -> Model.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/graph/registry.h"
#include "core/graph/submodel.h"
#include "interop/architecture.h"
#include "interop/detail/compile_settings.h"
#include "interop/detail/unsupported.h"
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

// Layers by the numbers that Keras gives those which stand in several models of a file.
using SharedLayers = std::map<std::int64_t, Layer>;

Layer layer_from(const Config& layer, const std::string& name, SharedLayers& shared);

// A use of a layer: its name, and which of its calls.
using Use = std::pair<std::string, std::int64_t>;

// Which of the tensors that a use gives. Only a model within a model gives several.
struct Source {
  Use use;
  std::int64_t tensor = 0;
};

Source source_from(const Config& history, const std::string& name) {
  if (!history.is_list() || history.list().size() != 3 || !history.list()[0].is_string() ||
      !history.list()[1].is_integer() || !history.list()[2].is_integer()) {
    damaged(name, fmt::format("expected [layer, node, tensor], got {}", history.str()));
  }
  return {{history.list()[0].string(), history.list()[1].integer()}, history.list()[2].integer()};
}

// The tensors among a call's arguments, nested lists flattened.
void collect_inputs(const Config& argument, const std::string& name, std::vector<Source>& inputs) {
  if (argument.is_list()) {
    for (const Config& item : argument.list()) collect_inputs(item, name, inputs);
  } else if (argument.is_object() && argument["class_name"] == Config("__keras_tensor__")) {
    inputs.push_back(
        source_from(member(member(argument, "config", name), "keras_history", name), name));
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
  std::vector<Source> inputs;
};

// "input_layers" is one [name, 0, 0] or a list of them.
std::vector<Source> ends_from(const Config& config, std::string_view key, const std::string& name) {
  if (config[key].is_object()) {
    throw Unimplemented("architecture", fmt::format("{}: '{}' by name is not supported. Supported: "
                                                    "one, or a list of them.",
                                                    name, key));
  }
  const Config::List& list = list_of(config, key, name);
  std::vector<Source> sources;
  if (!list.empty() && list.front().is_string()) {
    sources.push_back(source_from(member(config, key, name), name));
  } else {
    for (const Config& item : list) sources.push_back(source_from(item, name));
  }
  return sources;
}

class FunctionalReader {
 public:
  FunctionalReader(const Config& config, const std::string& name, SharedLayers& shared,
                   detail::Unsupported& unsupported)
      : config_(config), name_(name) {
    for (const Config& layer : list_of(config, "layers", name)) {
      const auto made = unsupported.attempt([&] { return layer_from(layer, name, shared); });
      if (made) add_layer(layer, *made, unsupported);
    }
  }

  struct Ends {
    std::vector<Symbol> inputs, outputs;
  };
  Ends ends() {
    resolve();
    return {symbols(ends_from(config_, "input_layers", name_)),
            symbols(ends_from(config_, "output_layers", name_))};
  }

 private:
  void add_layer(const Config& layer, const Layer& made, detail::Unsupported& unsupported) {
    const std::string& layer_name = text_of(layer, "name", name_);
    const auto [place, is_new] = layers_.emplace(layer_name, made);
    if (!is_new) {
      throw InvalidArgument({"architecture", "", "a name of its own for every layer",
                             fmt::format("'{}' twice", layer_name), ""});
    }
    std::int64_t call = 0;
    if (as_input(place->second) != nullptr)
      calls_.push_back({{layer_name, call++}, &place->second, {}});
    for (const Config& node : list_of(layer, "inbound_nodes", name_)) {
      const auto inputs = unsupported.attempt([&] { return inputs_of(node); });
      calls_.push_back(
          {{layer_name, call++}, &place->second, inputs.value_or(std::vector<Source>{})});
    }
  }

  std::vector<Source> inputs_of(const Config& node) const {
    std::vector<Source> inputs;
    collect_inputs(member(node, "args", name_), name_, inputs);
    for (const auto& [key, value] :
         node["kwargs"].is_object() ? node["kwargs"].entries() : Config::Object{}) {
      collect_inputs(value, name_, inputs);
    }
    return inputs;
  }

  // Calls are made as soon as their inputs are known. What is left when none can be made any more
  // waits for itself, or for a layer that is not there.
  void resolve() {
    std::vector<Call> waiting = calls_;
    while (!waiting.empty()) {
      std::vector<Call> still;
      for (Call& call : waiting) {
        std::vector<Symbol> inputs;
        for (const Source& input : call.inputs) {
          if (const auto found = symbols_.find(input.use); found != symbols_.end()) {
            inputs.push_back(tensor_of(found->second, input));
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
    for (const Source& input : call.inputs) {
      if (symbols_.contains(input.use)) continue;
      const std::string& from = input.use.first;
      const bool known = layers_.contains(from);
      throw InvalidArgument({"architecture", fmt::format("layer '{}'", call.use.first),
                             known ? "a graph without cycles" : "inputs from layers of the model",
                             known ? fmt::format("one through '{}' and '{}'", from, call.use.first)
                                   : fmt::format("'{}', which is not one", from),
                             ""});
    }
    damaged(name_, fmt::format("the inputs of '{}' contradict each other", call.use.first));
  }

  Symbol tensor_of(const Symbol& call, const Source& source) const {
    const SubmodelImpl* submodel = as_submodel(call.layer());
    const auto most = submodel == nullptr
                          ? std::int64_t{1}
                          : static_cast<std::int64_t>(submodel->graph().outputs().size());
    if (source.tensor < 0 || source.tensor >= most) {
      damaged(name_, fmt::format("'{}' has {} outputs, got a use of number {}", source.use.first,
                                 most, source.tensor));
    }
    return call.output(static_cast<std::size_t>(source.tensor));
  }

  std::vector<Symbol> symbols(const std::vector<Source>& sources) const {
    std::vector<Symbol> result;
    for (const Source& source : sources) {
      const auto found = symbols_.find(source.use);
      if (found == symbols_.end()) {
        throw InvalidArgument(
            {"architecture", "", "inputs and outputs that are layers of the model",
             fmt::format("'{}', call {}", source.use.first, source.use.second), ""});
      }
      result.push_back(tensor_of(found->second, source));
    }
    return result;
  }

  const Config& config_;
  const std::string& name_;
  std::map<std::string, Layer> layers_;
  std::vector<Call> calls_;
  std::map<Use, Symbol> symbols_;
};

// With an Input in front where the file says what shape the model was built for.
std::vector<Layer> sequential_layers(const Config& config, const std::string& name,
                                     SharedLayers& shared, detail::Unsupported& unsupported) {
  std::vector<Layer> layers;
  for (const Config& layer : list_of(config, "layers", name)) {
    const auto made = unsupported.attempt([&] { return layer_from(layer, name, shared); });
    if (made) layers.push_back(*made);
  }
  const Config& shape = config["build_input_shape"];
  if (!layers.empty() && as_input(layers.front()) == nullptr && shape.is_list()) {
    layers.insert(layers.begin(),
                  make_layer("InputLayer", Config::object({{"batch_shape", shape}})));
  }
  return layers;
}

bool is_model(std::string_view kind) {
  return kind == "Sequential" || kind == "Functional" || kind == "Model";
}

const Config& model_config(const Config& architecture, const std::string& name) {
  const Config& config = member(architecture, "config", name);
  if (!config.is_list()) return config;
  throw Unimplemented("architecture",
                      fmt::format("{}: the format of Keras 1 is not supported. Supported: what "
                                  "Keras 3 writes.",
                                  name));
}

// A model within a model. All that it lacks is reported as one.
Layer submodel_from(const Config& layer, const std::string& name, SharedLayers& shared) {
  const Config& config = model_config(layer, name);
  SubmodelOptions options{.name = text_of(config, "name", name),
                          .trainable = config["trainable"] != Config(false)};
  detail::Unsupported within;
  if (text_of(layer, "class_name", name) == "Sequential") {
    const std::vector<Layer> layers = sequential_layers(config, name, shared, within);
    within.report("architecture", name);
    return Submodel(layers, std::move(options));
  }
  FunctionalReader reader(config, name, shared, within);
  within.report("architecture", name);
  const FunctionalReader::Ends ends = reader.ends();
  return Submodel(ends.inputs, ends.outputs, std::move(options));
}

Layer layer_made_from(const Config& layer, const std::string& name, SharedLayers& shared) {
  const std::string& kind = text_of(layer, "class_name", name);
  if (is_model(kind)) return submodel_from(layer, name, shared);
  Config config = member(layer, "config", name);
  if (!config.is_object()) damaged(name, "expected an object as 'config'");
  // minnow's own addition lies beside config, where Keras passes over it.
  if (!layer["expects"].is_null()) config.set("expects", layer["expects"]);
  return make_layer(kind, config);
}

Layer layer_from(const Config& layer, const std::string& name, SharedLayers& shared) {
  const Config& number = layer["shared_object_id"];
  if (!number.is_integer()) return layer_made_from(layer, name, shared);
  const auto known = shared.find(number.integer());
  if (known != shared.end()) return known->second;
  return shared.emplace(number.integer(), layer_made_from(layer, name, shared)).first->second;
}

// Reports what is not supported, together with what was gathered before.
Model read_model(const Config& architecture, const std::string& name, ModelOptions options,
                 detail::Unsupported unsupported) {
  const std::string& kind = text_of(architecture, "class_name", name);
  if (!is_model(kind)) {
    throw Unimplemented("architecture", fmt::format("{}: a model of class '{}' is not supported. "
                                                    "Supported: Sequential, Functional.",
                                                    name, kind));
  }
  const Config& config = model_config(architecture, name);
  if (options.name.empty() && config["name"].is_string()) options.name = config["name"].string();
  SharedLayers shared;
  if (kind == "Sequential") {
    std::vector<Layer> layers = sequential_layers(config, name, shared, unsupported);
    unsupported.report("architecture", name);
    return Sequential(std::move(layers), std::move(options));
  }
  FunctionalReader reader(config, name, shared, unsupported);
  unsupported.report("architecture", name);
  FunctionalReader::Ends ends = reader.ends();
  return Model(std::move(ends.inputs), std::move(ends.outputs), std::move(options));
}

}  // namespace

Model model_from_config(const Config& architecture, const std::string& name, ModelOptions options) {
  return read_model(architecture, name, std::move(options), {});
}

DescribedModel described_model(const Config& architecture, const std::string& name,
                               ModelOptions options) {
  detail::Unsupported unsupported;
  std::optional<CompileOptions> settings;
  if (const Config& compiled = architecture["compile_config"]; !compiled.is_null()) {
    settings = detail::compile_options_from(compiled, unsupported);
  }
  return {read_model(architecture, name, std::move(options), std::move(unsupported)),
          std::move(settings)};
}

Model model_from_json(std::string_view json, const std::string& name, ModelOptions options) {
  return model_from_config(parse_json(json, name), name, std::move(options));
}

}  // namespace minnow
