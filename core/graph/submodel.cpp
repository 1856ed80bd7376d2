#include "core/graph/submodel.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"

namespace minnow {
namespace {

Graph inner_graph(const std::vector<Layer>& layers) {
  const Chain symbols = chain(layers);
  return Graph(symbols.inputs, symbols.outputs);
}

}  // namespace

Submodel::Submodel(const std::vector<Symbol>& inputs, const std::vector<Symbol>& outputs,
                   SubmodelOptions options)
    : Layer(std::make_shared<SubmodelImpl>(Graph(inputs, outputs), false, std::move(options))) {}

Submodel::Submodel(const std::vector<Layer>& layers, SubmodelOptions options)
    : Layer(std::make_shared<SubmodelImpl>(inner_graph(layers), true, std::move(options))) {}

Symbol Submodel::operator()(const Symbol& input) const { return (*this)(std::vector{input}); }

Symbol Submodel::operator()(std::vector<Symbol> inputs) const {
  std::vector<Symbol> outputs = all(std::move(inputs));
  if (outputs.size() != 1) {
    throw InvalidArgument({fmt::format("{} '{}'", class_name(), name()), "", "one output",
                           fmt::format("{}", outputs.size()), "all() gives every one of them."});
  }
  return outputs.front();
}

std::vector<Symbol> Submodel::all(std::vector<Symbol> inputs) const {
  const Symbol call(*this, std::move(inputs));
  std::vector<Symbol> outputs;
  for (std::size_t i = 0; i < as_submodel(*this)->graph().outputs().size(); ++i) {
    outputs.push_back(call.output(i));
  }
  return outputs;
}

SubmodelImpl::SubmodelImpl(Graph graph, bool sequential, SubmodelOptions options)
    : LayerImpl(std::move(options.name), options.trainable),
      graph_(std::move(graph)),
      sequential_(sequential) {}

std::string_view SubmodelImpl::class_name() const noexcept {
  return sequential_ ? "Sequential" : "Functional";
}

Config SubmodelImpl::config() const { return Config(Config::Object{}); }

std::unique_ptr<LayerOp> SubmodelImpl::build(const BuildContext& context) const {
  throw Unimplemented(context.layer, "a Submodel runs only as a part of a graph.");
}

const SubmodelImpl* as_submodel(const Layer& layer) noexcept {
  return dynamic_cast<const SubmodelImpl*>(&layer.impl());
}

}  // namespace minnow
