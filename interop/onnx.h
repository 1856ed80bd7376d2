#pragma once

#include <string>
#include <vector>

#include "../core/train/model.h"

namespace minnow {

/// Writes the model as ONNX (github.com/onnx/onnx; IR version 8, opset 17), for inference: float32,
/// inputs and outputs under their layers' names with the batch axis free, images as (N, height,
/// width, channels). Convolutions and poolings want the channels first there: a Transpose stands
/// only where a value comes from or goes to something that does not. Written to a temporary name
/// and renamed. Throws Unimplemented naming every layer that has no translation,
/// FailedPrecondition for a model that is not built, IoError.
void export_onnx(const std::string& path, const Model& model);

/// The classes of layers that export_onnx translates, in the order of the alphabet.
std::vector<std::string> onnx_layers();

}  // namespace minnow
