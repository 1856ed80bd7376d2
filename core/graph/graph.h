#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "layer.h"
#include "symbol.h"

namespace minnow {

/// A weight of the graph: what its layer asked for, and the name it goes by.
struct Parameter {
  std::string path;  ///< "conv2d/kernel"
  WeightSpec spec;
  bool trainable = true;  ///< of the weight and of its layer
};

/// One use of a layer in the graph. A layer used twice has two nodes with the same weights.
struct GraphNode {
  Layer layer;
  std::string name;          ///< within a Submodel "encoder/dense"
  std::vector<int> inputs;   ///< node numbers
  std::vector<int> weights;  ///< parameter numbers, as declared
  bool trainable = true;     ///< the layer, and every Submodel around any of its uses
  std::unique_ptr<LayerOp> op = nullptr;

  const Declaration& declaration() const { return op->declaration(); }
  const Shape& output() const { return declaration().output; }
  /// "Conv2D 'conv2d'", for messages.
  std::string label() const;
};

/// An output of a call.
struct Port {
  int call = 0;
  int output = 0;
};

/// One use of a layer as it was written down: a node, or for a Submodel all the nodes within it.
struct GraphCall {
  Layer layer;
  std::string name;
  std::vector<Port> inputs;
  std::vector<int> outputs = {};  ///< the nodes that give its outputs
};

/// The static graph: nodes in an order in which inputs come before their users, every shape known
/// but for the batch size.
class Graph {
 public:
  /// Sorts, names, infers and checks. Throws InvalidArgument where layers do not fit each other,
  /// two layers have one name, or an input is missing or not used; ResourceExhausted where there
  /// are more than 65,536 nodes or the weights outgrow an int64.
  Graph(std::span<const Symbol> inputs, std::span<const Symbol> outputs);

  const std::vector<GraphNode>& nodes() const noexcept { return nodes_; }
  const std::vector<int>& inputs() const noexcept { return inputs_; }
  const std::vector<int>& outputs() const noexcept { return outputs_; }
  const std::vector<Parameter>& parameters() const noexcept { return parameters_; }

  /// The graph as it was written down, in the order of the nodes.
  const std::vector<GraphCall>& calls() const noexcept { return calls_; }
  const std::vector<Port>& input_ports() const noexcept { return input_ports_; }
  const std::vector<Port>& output_ports() const noexcept { return output_ports_; }
  /// The shape of a row of a call's output.
  const Shape& shape(const Port& port) const { return node(node_of(port)).output(); }

  const GraphNode& node(int i) const { return nodes_[static_cast<std::size_t>(i)]; }
  const InputImpl& input(std::size_t i) const { return *as_input(node(inputs_[i]).layer); }
  /// For each node, the nodes that read its output (twice where one does so twice).
  std::vector<std::vector<int>> consumers() const;

 private:
  int node_of(const Port& port) const {
    return calls_[static_cast<std::size_t>(port.call)]
        .outputs[static_cast<std::size_t>(port.output)];
  }
  void name_calls();
  struct Making;
  void find_frozen(Making& making) const;
  void expand(GraphCall& call, Making& making);
  void add_node(GraphNode node, Making& making);

  std::vector<GraphCall> calls_;
  std::vector<Port> input_ports_, output_ports_;
  std::vector<GraphNode> nodes_;
  std::vector<int> inputs_, outputs_;
  std::vector<Parameter> parameters_;
};

/// The symbols of a chain of layers. Throws InvalidArgument where it is empty, does not begin with
/// an Input, or has one further on.
struct Chain {
  std::vector<Symbol> inputs, outputs;
};
Chain chain(std::span<const Layer> layers);

/// Keras's default name for a class: "MaxPooling2D" -> "max_pooling2d"; "InputLayer" ->
/// "input_layer".
std::string snake_case(std::string_view class_name);

}  // namespace minnow
