#include "interop/detail/keras_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/graph/submodel.h"
#include "core/tensor.h"
#include "interop/architecture.h"

namespace minnow::detail {
namespace {

// One of Keras's variables: a weight of the model, or the optimizer's state beside one.
struct Variable {
  std::string path;  // in the file
  int parameter = 0;
  int slot = -1;  // -1: the weight itself
};

struct Place {
  std::string path, name;  // "layers/dense", and what its layer is called
};

struct Layout {
  std::vector<Place> places;
  std::vector<Variable> weights;
};

// Layers go by their classes, numbered in the order of the model, since names are not reproducible.
// A Sequential does not count its Input among them. Each layer is written where it is met first.
void lay_out(const Graph& written, const Graph& whole, bool sequential, const std::string& folder,
             const std::map<const LayerImpl*, const GraphNode*>& nodes,
             std::set<const LayerImpl*>& seen, Layout& layout) {
  std::map<std::string, int> used;
  for (const GraphCall& call : written.calls()) {
    const LayerImpl* layer = &call.layer.impl();
    if (!seen.insert(layer).second) continue;
    if (sequential && as_input(call.layer) != nullptr) continue;
    const std::string base = snake_case(layer->class_name());
    const int n = used[base]++;
    const std::string path =
        folder + (n == 0 ? fmt::format("layers/{}", base) : fmt::format("layers/{}_{}", base, n));
    layout.places.push_back({path, call.name});
    if (const SubmodelImpl* submodel = as_submodel(call.layer)) {
      lay_out(submodel->graph(), whole, submodel->sequential(), path + "/", nodes, seen, layout);
      continue;
    }
    const auto node = nodes.find(layer);
    if (node == nodes.end()) continue;  // the Input of a submodel
    std::size_t index = 0;
    for (const bool trainable : {true, false}) {
      for (const int weight : node->second->weights) {
        const Parameter& parameter = whole.parameters()[static_cast<std::size_t>(weight)];
        if (parameter.spec.trainable != trainable) continue;
        layout.weights.push_back({fmt::format("{}/vars/{}", path, index++), weight});
      }
    }
  }
}

Layout layout_of(const Model& model) {
  const Graph& graph = model.graph();
  std::map<const LayerImpl*, const GraphNode*> nodes;
  for (const GraphNode& node : graph.nodes()) nodes.emplace(&node.layer.impl(), &node);
  Layout layout;
  std::set<const LayerImpl*> seen;
  lay_out(graph, graph, model.is_sequential(), "", nodes, seen, layout);
  return layout;
}

constexpr std::string_view optimizer_vars = "optimizer/vars";

std::string optimizer_path(std::size_t index) {
  return fmt::format("{}/{}", optimizer_vars, index);
}

// Optimizers that make two kinds of state at once mix them, weight by weight; every other kind
// follows as a whole.
bool mixes_two(std::string_view optimizer) {
  constexpr std::array<std::string_view, 5> classes = {"Adadelta", "Adam", "AdamW", "Adamax",
                                                       "Nadam"};
  return std::find(classes.begin(), classes.end(), optimizer) != classes.end();
}

bool has_schedule(const Optimizer& optimizer) {
  return optimizer->config()["learning_rate"].is_object();
}

// The optimizer's state in Keras's order, behind iterations and the learning rate (where that is no
// schedule).
std::vector<Variable> state_of(const Model& model) {
  const Optimizer& optimizer = model.compile_options()->optimizer;
  const auto& parameters = model.graph().parameters();
  const auto slots = static_cast<int>(optimizer->slots().size());
  std::size_t next = has_schedule(optimizer) ? 1 : 2;
  std::vector<Variable> state;
  const auto add = [&](int from, int to) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (!parameters[i].trainable) continue;
      for (int slot = from; slot < to; ++slot) {
        state.push_back({optimizer_path(next++), static_cast<int>(i), slot});
      }
    }
  };
  const int mixed = mixes_two(optimizer->class_name()) ? std::min(2, slots) : 0;
  add(0, mixed);
  for (int slot = mixed; slot < slots; ++slot) add(slot, slot + 1);
  return state;
}

const Parameter& parameter_of(const Model& model, const Variable& variable) {
  return model.graph().parameters()[static_cast<std::size_t>(variable.parameter)];
}

// Under what name the model itself keeps the numbers.
std::string name_in_model(const Model& model, const Variable& variable) {
  const std::string& path = parameter_of(model, variable).path;
  if (variable.slot < 0) return path;
  return fmt::format(
      "{}/{}", path,
      model.compile_options()->optimizer->slots()[static_cast<std::size_t>(variable.slot)]);
}

// Takes numbers out of a file, and remembers which.
class Taker {
 public:
  Taker(const Model& model, const Hdf5Image& image, const std::string& where,
        const std::string& name)
      : model_(model), image_(image), where_(where), name_(name) {}

  [[noreturn]] void wrong(const std::string& path, std::string expected, std::string received,
                          std::string hint = "") const {
    throw InvalidArgument({where_, path.empty() ? name_ : fmt::format("{}: {}", name_, path),
                           expected, received, hint});
  }

  Tensor take(const Variable& variable) {
    const Shape& shape = parameter_of(model_, variable).spec.shape;
    const std::string what = name_in_model(model_, variable);
    Tensor value = take(variable.path, fmt::format("shape {} for '{}'", shape.str(), what), shape);
    // Keras counts in integers what Normalization has seen.
    const bool counts = shape.rank() == 0 && !parameter_of(model_, variable).spec.trainable;
    if (counts && !is_floating(value.dtype())) return value.astype(DType::float32);
    if (value.dtype() != DType::float32) {
      wrong(variable.path, fmt::format("float32 for '{}'", what),
            std::string(minnow::name(value.dtype())));
    }
    const auto values = value.values<float>();
    const auto bad =
        std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
    if (bad != values.end()) {
      wrong(variable.path, fmt::format("finite values for '{}'", what), fmt::format("{}", *bad));
    }
    return value;
  }

  Tensor take_scalar(const std::string& path, std::string_view what) {
    return take(path, fmt::format("a single number for the {}", what), Shape{});
  }

  // Nothing is left but what has no meaning here.
  void check_rest(bool with_optimizer) const {
    for (const std::string& path : image_.paths()) {
      if (taken_.contains(path)) continue;
      // Before 3.6 Keras also kept the state of each Dropout's generator.
      if (path.find("/seed_generator/") != path.npos) continue;
      if (!with_optimizer && path.starts_with("optimizer/")) continue;
      wrong(path, "nothing under this name for the model",
            fmt::format("numbers of shape {}", image_.shape(path).str()));
    }
  }

 private:
  Tensor take(const std::string& path, const std::string& expected, const Shape& shape) {
    if (!image_.contains(path)) wrong(path, expected, "nothing under this name");
    if (image_.shape(path) != shape) wrong(path, expected, image_.shape(path).str());
    taken_.insert(path);
    return image_.read(path);
  }

  const Model& model_;
  const Hdf5Image& image_;
  const std::string& where_;
  const std::string& name_;
  std::set<std::string> taken_;
};

struct OptimizerState {
  std::vector<NamedTensor> state;
  std::int64_t step = 0;
  std::optional<float> learning_rate;
};

std::optional<OptimizerState> take_optimizer(const Model& model, const Hdf5Image& image,
                                             Taker& taker) {
  if (model.compile_options() == nullptr || !image.contains(optimizer_path(0))) {
    return std::nullopt;
  }
  OptimizerState result;
  result.step =
      taker.take_scalar(optimizer_path(0), "iterations").astype(DType::int64).item<std::int64_t>();
  if (result.step < 0) {
    taker.wrong(optimizer_path(0), "iterations of at least 0", fmt::format("{}", result.step));
  }
  std::size_t there = 1;
  if (!has_schedule(model.compile_options()->optimizer)) {
    const float rate =
        taker.take_scalar(optimizer_path(1), "learning rate").astype(DType::float32).item<float>();
    if (!(std::isfinite(rate) && rate > 0)) {
      taker.wrong(optimizer_path(1), "a learning rate above 0", fmt::format("{}", rate));
    }
    result.learning_rate = rate;
    there = 2;
  }
  // An optimizer that has not been used has no state yet.
  if (result.step == 0 && !image.contains(optimizer_path(there))) return result;
  for (const Variable& variable : state_of(model)) {
    result.state.push_back({name_in_model(model, variable), taker.take(variable)});
  }
  return result;
}

}  // namespace

Hdf5Tree keras_tree(const Model& model) {
  const Layout layout = layout_of(model);
  Hdf5Tree tree;
  tree.groups.push_back({"vars", architecture_of(model)["config"]["name"].string()});
  for (const Place& place : layout.places)
    tree.groups.push_back({place.path + "/vars", place.name});
  const std::vector<NamedTensor> weights = model.named_weights();
  for (const Variable& variable : layout.weights) {
    tree.datasets.push_back(
        {variable.path, weights[static_cast<std::size_t>(variable.parameter)].value});
  }
  const CompileOptions* options = model.compile_options();
  if (options == nullptr) return tree;
  tree.groups.push_back(
      {std::string(optimizer_vars), snake_case(options->optimizer->class_name())});
  tree.datasets.push_back(
      {optimizer_path(0), full({}, static_cast<double>(model.step()), DType::int64)});
  if (!has_schedule(options->optimizer)) {
    tree.datasets.push_back(
        {optimizer_path(1), full({}, static_cast<double>(model.learning_rate()))});
  }
  const std::vector<NamedTensor> state = model.optimizer_state();
  if (state.empty()) return tree;
  for (const Variable& variable : state_of(model)) {
    const std::string wanted = name_in_model(model, variable);
    const auto found = std::find_if(state.begin(), state.end(),
                                    [&](const NamedTensor& t) { return t.name == wanted; });
    tree.datasets.push_back({variable.path, found->value});
  }
  return tree;
}

std::uint64_t keras_tree_bound(const Model& model) {
  // Float32 and up to four kinds of state beside it; a group takes less than 4 KiB, a dataset less
  // than 1.
  constexpr std::uint64_t for_numbers = 5 * sizeof(float), for_layer = 1U << 14,
                          for_weight = 1U << 13;
  std::uint64_t bound = 1U << 20;
  for (const Parameter& parameter : model.graph().parameters()) {
    bound += for_numbers * static_cast<std::uint64_t>(parameter.spec.shape.numel()) + for_weight;
  }
  return bound + for_layer * model.graph().nodes().size();
}

void restore_keras(Model& model, const Hdf5Image& image, const std::string& where,
                   const std::string& name) {
  Taker taker(model, image, where, name);
  std::vector<Tensor> weights(model.graph().parameters().size());
  for (const Variable& variable : layout_of(model).weights) {
    weights[static_cast<std::size_t>(variable.parameter)] = taker.take(variable);
  }
  const std::optional<OptimizerState> optimizer = take_optimizer(model, image, taker);
  taker.check_rest(model.compile_options() != nullptr);
  // Everything was checked; what comes now does not fail.
  if (optimizer) {
    if (!optimizer->state.empty() || optimizer->step > 0) {
      model.set_optimizer_state(optimizer->state, optimizer->step);
    }
    if (optimizer->learning_rate) model.set_learning_rate(*optimizer->learning_rate);
  }
  model.set_weights(weights);
}

}  // namespace minnow::detail
