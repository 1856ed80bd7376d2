#pragma once

#include <string>
#include <vector>

#include "../../core/train/model.h"
#include "onnx_graph.h"

// Internal to interop: layers as ONNX's nodes.
namespace minnow::detail {

/// The layers that have a translation, by class name.
std::vector<std::string> translated_layers();

/// A node of the model with its inputs, its activation behind it. `weights` are the model's; those
/// that layers share are written once.
/// @throws Unimplemented where the layer, or a setting of it, has no translation.
OnnxValue onnx_layer(OnnxGraph& graph, const GraphNode& node, std::vector<OnnxValue> inputs,
                     const std::vector<NamedTensor>& weights);

}  // namespace minnow::detail
