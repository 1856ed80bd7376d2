#include "core/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <unordered_map>
#include <utility>

#include "core/error.h"

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

Graph::Graph(std::span<const Symbol> inputs, std::span<const Symbol> outputs) {
  if (outputs.empty()) {
    throw InvalidArgument({"Model", "outputs", "at least one output", "none", ""});
  }
  const Reached reached = walk(outputs);
  check_inputs(inputs, reached);
  std::unordered_map<const void*, int> number;
  for (const Symbol& s : keras_order(reached)) {
    GraphNode node{.layer = s.layer(), .name = {}, .inputs = {}, .weights = {}, .op = nullptr};
    for (const Symbol& input : s.inputs()) node.inputs.push_back(number.at(input.id()));
    number.emplace(s.id(), static_cast<int>(nodes_.size()));
    nodes_.push_back(std::move(node));
  }
  for (const Symbol& s : inputs) inputs_.push_back(number.at(s.id()));
  for (const Symbol& s : outputs) outputs_.push_back(number.at(s.id()));
  name_nodes();
  build_nodes();
}

void Graph::name_nodes() {
  std::map<std::string, const LayerImpl*, std::less<>> taken;
  for (const GraphNode& node : nodes_) {
    const std::string& wanted = node.layer.name();
    if (wanted.empty()) continue;
    const auto [place, is_new] = taken.emplace(wanted, &node.layer.impl());
    if (!is_new && place->second != &node.layer.impl()) {
      throw InvalidArgument({"Model", "", "a name of its own for every layer",
                             fmt::format("'{}' for a {} and a {}", wanted,
                                         place->second->class_name(), node.layer.class_name()),
                             ""});
    }
  }
  std::map<std::string, int, std::less<>> used;
  std::unordered_map<const LayerImpl*, std::string> given;
  for (GraphNode& node : nodes_) {
    node.name = node.layer.name();
    if (!node.name.empty()) continue;
    std::string& name = given[&node.layer.impl()];
    while (name.empty()) {
      const std::string base = snake_case(node.layer.class_name());
      const int n = used[base]++;
      std::string candidate = n == 0 ? base : fmt::format("{}_{}", base, n);
      if (!taken.contains(candidate)) name = std::move(candidate);
    }
    node.name = name;
  }
}

void Graph::build_nodes() {
  std::unordered_map<const LayerImpl*, std::size_t> first_use;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    GraphNode& node = nodes_[i];
    BuildContext context{.layer = node.label(), .inputs = {}, .input_from = {}};
    for (int input : node.inputs) {
      context.inputs.push_back(this->node(input).output());
      context.input_from.push_back(this->node(input).label());
    }
    node.op = node.layer.impl().build(context);
    const auto& weights = node.declaration().weights;
    const auto [use, is_first] = first_use.emplace(&node.layer.impl(), i);
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
      continue;
    }
    for (const WeightSpec& spec : weights) {
      if (__builtin_add_overflow(total, spec.shape.numel(), &total)) {
        throw ResourceExhausted(context.layer, "expected fewer weights than fit in 63 bits.");
      }
      node.weights.push_back(static_cast<int>(parameters_.size()));
      parameters_.push_back(
          {node.name + "/" + spec.name, spec, spec.trainable && node.layer.impl().trainable()});
    }
  }
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
    last = layer(last);
  }
  result.outputs.push_back(last);
  return result;
}

}  // namespace minnow
