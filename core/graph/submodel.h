#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "graph.h"

namespace minnow {

struct SubmodelOptions {
  std::string name = "";
  bool trainable = true;  ///< false: nothing within it is trained, as Keras's `model.trainable`
};

/// A model within models, as Keras's users call one model in another: `encoder(x)`. It describes a
/// graph and is used like a layer; the weights, as every layer's, belong to the Model around it,
/// and are shared where it, or a layer of it, is used twice. What its Inputs expect of data is not
/// checked: that is for the Inputs of the Model.
class Submodel : public Layer {
 public:
  /// As Keras's Model. Throws InvalidArgument where the layers do not fit each other.
  Submodel(const std::vector<Symbol>& inputs, const std::vector<Symbol>& outputs,
           SubmodelOptions options = {});
  /// As Keras's Sequential: an Input in front, then layers one behind the other.
  explicit Submodel(const std::vector<Layer>& layers, SubmodelOptions options = {});

  /// The one output. Throws InvalidArgument where there are several.
  Symbol operator()(const Symbol& input) const;
  Symbol operator()(std::vector<Symbol> inputs) const;
  /// Every output of one call.
  std::vector<Symbol> all(std::vector<Symbol> inputs) const;
};

/// What a Submodel is before it is called. The graph that uses it takes over its nodes, so it is
/// never built itself.
class SubmodelImpl : public LayerImpl {
 public:
  SubmodelImpl(Graph graph, bool sequential, SubmodelOptions options);

  const Graph& graph() const noexcept { return graph_; }
  bool sequential() const noexcept { return sequential_; }

  std::string_view class_name() const noexcept override;
  /// Empty: interop writes the graph.
  Config config() const override;
  std::unique_ptr<LayerOp> build(const BuildContext& context) const override;

 private:
  Graph graph_;
  bool sequential_;
};

/// The Submodel behind a layer, or null where it is another kind of layer.
const SubmodelImpl* as_submodel(const Layer& layer) noexcept;

}  // namespace minnow
