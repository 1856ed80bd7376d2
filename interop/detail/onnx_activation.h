#pragma once

#include "../../core/kernels/activation.h"
#include "onnx_graph.h"

namespace minnow::detail {

/// The activation of a value.
OnnxValue onnx_activated(OnnxGraph& graph, const OnnxValue& value, const ActivationFn& fn);

}  // namespace minnow::detail
