#include "core/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "core/graph/submodel.h"

namespace minnow {
namespace {

// Everything that the outputs lead back to, each symbol with the place at which a walk from the
// outputs first meets it.
struct Reached {
  std::vector<Symbol> finished;  // inputs before their users
  std::unordered_map<const void*, int> met;
};

Reached walk(std::span<const Symbol> outputs) {
  struct Visit {
    Symbol symbol;
    std::size_t next = 0;
  };
  Reached reached;
  std::vector<Visit> stack;  // explicit: a chain may be deeper than the call stack
  const auto meet = [&](const Symbol& s) {
    if (reached.met.emplace(s.id(), static_cast<int>(reached.met.size())).second) {
      stack.push_back({s});
    }
  };
  for (const Symbol& output : outputs) {
    meet(output);
    while (!stack.empty()) {
      Visit& top = stack.back();
      if (top.next < top.symbol.inputs().size()) {
        meet(top.symbol.inputs()[top.next++]);
      } else {
        reached.finished.push_back(top.symbol);
        stack.pop_back();
      }
    }
  }
  return reached;
}

// Keras orders layers by their distance from the outputs, the furthest first, and by when they
// are met where that is equal. Weights come in this order too, so we keep it.
std::vector<Symbol> keras_order(const Reached& reached) {
  std::unordered_map<const void*, int> depth;
  std::unordered_map<const LayerImpl*, int> layer_depth, layer_met;
  for (auto s = reached.finished.rbegin(); s != reached.finished.rend(); ++s) {
    int& mine = depth[s->id()];
    int& layers = layer_depth[&s->layer().impl()];
    mine = layers = std::max(mine, layers);
    const int met = reached.met.at(s->id());
    const auto [place, is_new] = layer_met.emplace(&s->layer().impl(), met);
    if (!is_new) place->second = std::min(place->second, met);
    for (const Symbol& input : s->inputs()) {
      int& theirs = depth[input.id()];
      theirs = std::max(theirs, depth[s->id()] + 1);
    }
  }
  std::vector<Symbol> order = reached.finished;
  std::stable_sort(order.begin(), order.end(), [&](const Symbol& a, const Symbol& b) {
    const int depth_a = depth[a.id()], depth_b = depth[b.id()];
    if (depth_a != depth_b) return depth_a > depth_b;
    return layer_met[&a.layer().impl()] < layer_met[&b.layer().impl()];
  });
  return order;
}

// Submodels that call submodels twice double the nodes with every level: a small file must not ask
// for a graph without end.
constexpr std::size_t most_nodes = 65536;

void check_inputs(std::span<const Symbol> inputs, const Reached& reached) {
  if (inputs.empty()) {
    throw InvalidArgument({"Model", "inputs", "at least one Input", "none", ""});
  }
  for (const Symbol& s : inputs) {
    if (as_input(s.layer()) == nullptr) {
      throw InvalidArgument({"Model", "inputs", "Input symbols",
                             fmt::format("the output of a {}", s.layer().class_name()), ""});
    }
    if (!reached.met.contains(s.id())) {
      throw InvalidArgument({"Model", "inputs", "inputs that the outputs depend on",
                             fmt::format("Input '{}', which leads nowhere", s.layer().name()), ""});
    }
    if (std::count(inputs.begin(), inputs.end(), s) > 1) {
      throw InvalidArgument({"Model", "inputs", "every Input once",
                             fmt::format("Input '{}' twice", s.layer().name()), ""});
    }
  }
  for (const Symbol& s : reached.finished) {
    if (as_input(s.layer()) != nullptr &&
        std::find(inputs.begin(), inputs.end(), s) == inputs.end()) {
      throw InvalidArgument({"Model", "inputs", "every Input that the outputs depend on",
                             fmt::format("none for Input '{}' of shape {}", s.layer().name(),
                                         as_input(s.layer())->shape().batch_str()),
                             ""});
    }
    if (as_input(s.layer()) == nullptr && s.inputs().empty()) {
      throw InvalidArgument({"Model", "", "layers with inputs",
                             fmt::format("a {} without any", s.layer().class_name()), ""});
    }
  }
}

void check_weight(const std::string& layer, const WeightSpec& spec) {
  if (const std::string shape = spec.initializer.wrong_shape(spec.shape); !shape.empty()) {
    throw InvalidArgument({layer, spec.name + "_initializer",
                           fmt::format("{} for {}", shape, spec.initializer.class_name()),
                           spec.shape.str(), ""});
  }
  const std::string wrong = spec.constraint.wrong_axes(spec.shape);
  if (wrong.empty()) return;
  throw InvalidArgument({layer, spec.name + "_constraint",
                         fmt::format("{} for a weight of shape {}", wrong, spec.shape.str()),
                         fmt::format("axis {}", spec.constraint.config()["axis"].str()), ""});
}

}  // namespace

std::string snake_case(std::string_view class_name) {
  std::string out;
  for (std::size_t i = 0; i < class_name.size(); ++i) {
    const auto is = [&](std::size_t j, auto f) {
      return j < class_name.size() && f(static_cast<unsigned char>(class_name[j])) != 0;
    };
    const bool upper = is(i, [](int c) { return std::isupper(c); });
    const bool after_lower =
        i > 0 && is(i - 1, [](int c) { return std::islower(c); });  // "MaxP" -> "max_p"
    const bool before_lower =
        i > 0 && is(i + 1, [](int c) { return std::islower(c); });  // "ELUx": one word
    if (upper && (after_lower || before_lower)) out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(class_name[i])));
  }
  return out;
}

std::string GraphNode::label() const {
  return fmt::format("{} '{}'", as_input(layer) != nullptr ? "Input" : layer.class_name(), name);
}

struct Graph::Making {
  std::unordered_map<const LayerImpl*, std::size_t> first_use;  // nodes
  std::unordered_set<const LayerImpl*> frozen;                  // in one of their uses
  std::int64_t weights = 0;                                     // numbers in all of them
};

Graph::Graph(std::span<const Symbol> inputs, std::span<const Symbol> outputs) {
  if (outputs.empty()) {
    throw InvalidArgument({"Model", "outputs", "at least one output", "none", ""});
  }
  const Reached reached = walk(outputs);
  check_inputs(inputs, reached);
  std::unordered_map<const void*, int> number;
  const auto port = [&](const Symbol& s) {
    return Port{number.at(s.id()), static_cast<int>(s.index())};
  };
  for (const Symbol& s : keras_order(reached)) {
    GraphCall call{.layer = s.layer(), .name = {}, .inputs = {}};
    for (const Symbol& input : s.inputs()) call.inputs.push_back(port(input));
    number.emplace(s.id(), static_cast<int>(calls_.size()));
    calls_.push_back(std::move(call));
  }
  name_calls();
  Making making;
  find_frozen(making);
  for (GraphCall& call : calls_) {
    if (as_submodel(call.layer) != nullptr) {
      expand(call, making);
      continue;
    }
    GraphNode node{.layer = call.layer, .name = call.name, .inputs = {}, .weights = {}};
    for (const Port& input : call.inputs) node.inputs.push_back(node_of(input));
    call.outputs = {static_cast<int>(nodes_.size())};
    add_node(std::move(node), making);
  }
  for (const Symbol& s : inputs) {
    input_ports_.push_back(port(s));
    inputs_.push_back(node_of(input_ports_.back()));
  }
  for (const Symbol& s : outputs) {
    output_ports_.push_back(port(s));
    outputs_.push_back(node_of(output_ports_.back()));
  }
}

void Graph::name_calls() {
  std::map<std::string, const LayerImpl*, std::less<>> taken;
  for (const GraphCall& call : calls_) {
    const std::string& wanted = call.layer.name();
    if (wanted.empty()) continue;
    const auto [place, is_new] = taken.emplace(wanted, &call.layer.impl());
    if (!is_new && place->second != &call.layer.impl()) {
      throw InvalidArgument({"Model", "", "a name of its own for every layer",
                             fmt::format("'{}' for a {} and a {}", wanted,
                                         place->second->class_name(), call.layer.class_name()),
                             ""});
    }
  }
  std::map<std::string, int, std::less<>> used;
  std::unordered_map<const LayerImpl*, std::string> given;
  for (GraphCall& call : calls_) {
    call.name = call.layer.name();
    if (!call.name.empty()) continue;
    std::string& name = given[&call.layer.impl()];
    while (name.empty()) {
      const std::string base = snake_case(call.layer.class_name());
      const int n = used[base]++;
      std::string candidate = n == 0 ? base : fmt::format("{}_{}", base, n);
      if (!taken.contains(candidate)) name = std::move(candidate);
    }
    call.name = name;
  }
}

void Graph::find_frozen(Making& making) const {
  for (const GraphCall& call : calls_) {
    const bool trainable = call.layer.impl().trainable();
    if (!trainable) making.frozen.insert(&call.layer.impl());
    const SubmodelImpl* submodel = as_submodel(call.layer);
    if (submodel == nullptr) continue;
    for (const GraphNode& node : submodel->graph().nodes()) {
      if (!trainable || !node.trainable) making.frozen.insert(&node.layer.impl());
    }
  }
}

// The nodes within a submodel, whose Inputs are what it is called on.
void Graph::expand(GraphCall& call, Making& making) {
  const SubmodelImpl& submodel = *as_submodel(call.layer);
  const Graph& inner = submodel.graph();
  BuildContext context{.layer = fmt::format("{} '{}'", call.layer.class_name(), call.name),
                       .inputs = {},
                       .input_from = {}};
  for (const Port& input : call.inputs) {
    context.inputs.push_back(shape(input));
    context.input_from.push_back(node(node_of(input)).label());
  }
  const std::size_t wanted = inner.inputs().size();
  if (wanted == 1) context.require_one_input();
  if (call.inputs.size() != wanted) {
    throw InvalidArgument({context.layer, "input", fmt::format("{} inputs", wanted),
                           fmt::format("{}", call.inputs.size()), ""});
  }
  std::vector<int> numbers(inner.nodes().size(), -1);  // in this graph
  for (std::size_t i = 0; i < wanted; ++i) {
    const Shape& expected = inner.input(i).shape();
    if (context.inputs[i] != expected) context.wrong_input(expected.batch_str(), "", i);
    numbers[static_cast<std::size_t>(inner.inputs()[i])] = node_of(call.inputs[i]);
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] >= 0) continue;
    const GraphNode& from = inner.nodes()[i];
    GraphNode node{
        .layer = from.layer, .name = call.name + "/" + from.name, .inputs = {}, .weights = {}};
    for (const int input : from.inputs) {
      node.inputs.push_back(numbers[static_cast<std::size_t>(input)]);
    }
    numbers[i] = static_cast<int>(nodes_.size());
    add_node(std::move(node), making);
  }
  for (const int output : inner.outputs()) {
    call.outputs.push_back(numbers[static_cast<std::size_t>(output)]);
  }
}

void Graph::add_node(GraphNode node, Making& making) {
  BuildContext context{.layer = node.label(), .inputs = {}, .input_from = {}};
  if (nodes_.size() >= most_nodes) {
    throw ResourceExhausted(context.layer,
                            fmt::format("expected at most {} uses of layers.", most_nodes));
  }
  for (int input : node.inputs) {
    context.inputs.push_back(this->node(input).output());
    context.input_from.push_back(this->node(input).label());
  }
  context.trainable = node.trainable = !making.frozen.contains(&node.layer.impl());
  node.op = node.layer.impl().build(context);
  const auto& weights = node.declaration().weights;
  const auto [use, is_first] = making.first_use.emplace(&node.layer.impl(), nodes_.size());
  if (!is_first) {
    const GraphNode& other = nodes_[use->second];
    const auto& known = other.declaration().weights;
    const bool same =
        std::equal(weights.begin(), weights.end(), known.begin(), known.end(),
                   [](const WeightSpec& a, const WeightSpec& b) { return a.shape == b.shape; });
    if (!same) {
      context.wrong_input(fmt::format("{} as at its other use, which shares these weights",
                                      this->node(other.inputs.front()).output().batch_str()));
    }
    node.weights = other.weights;
    nodes_.push_back(std::move(node));
    return;
  }
  for (const WeightSpec& spec : weights) {
    if (__builtin_add_overflow(making.weights, spec.shape.numel(), &making.weights)) {
      throw ResourceExhausted(context.layer, "expected fewer weights than fit in 63 bits.");
    }
    check_weight(context.layer, spec);
    node.weights.push_back(static_cast<int>(parameters_.size()));
    parameters_.push_back({node.name + "/" + spec.name, spec, spec.trainable && node.trainable});
  }
  nodes_.push_back(std::move(node));
}

std::vector<std::vector<int>> Graph::consumers() const {
  std::vector<std::vector<int>> users(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (int input : nodes_[i].inputs) {
      users[static_cast<std::size_t>(input)].push_back(static_cast<int>(i));
    }
  }
  return users;
}

Chain chain(std::span<const Layer> layers) {
  if (layers.empty() || as_input(layers.front()) == nullptr) {
    throw InvalidArgument(
        {"Sequential", "layers", "an Input first",
         layers.empty() ? "no layers" : fmt::format("a {}", layers.front().class_name()), ""});
  }
  Symbol last(layers.front(), {});
  Chain result{{last}, {}};
  for (const Layer& layer : layers.subspan(1)) {
    if (as_input(layer) != nullptr) {
      throw InvalidArgument({"Sequential", "layers", "one Input, in the first place",
                             "another Input further on",
                             "Graphs with several inputs are made with Model."});
    }
    if (const auto* submodel = as_submodel(layer);
        submodel != nullptr && submodel->graph().outputs().size() != 1) {
      throw InvalidArgument(
          {"Sequential", "layers", "layers with one output",
           fmt::format("a {} with {}", layer.class_name(), submodel->graph().outputs().size()),
           ""});
    }
    last = layer(last);
  }
  result.outputs.push_back(last);
  return result;
}

}  // namespace minnow
