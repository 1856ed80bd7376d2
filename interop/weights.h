#pragma once

#include <string>

#include "../core/train/model.h"

namespace minnow {

/// Writes the weights alone, told by the end of the name: `.npz` and `.safetensors` by layer
/// ("conv2d/kernel", as users see them), `.h5` as Keras's save_weights (see save_keras_weights).
/// Throws InvalidArgument for another name, FailedPrecondition for a model that is not built,
/// IoError.
void save_weights(const std::string& path, const Model& model);

/// Sets all weights from such a file, a checkpoint, or a `.keras` archive, told by content. Throws
/// InvalidArgument where the file is not for this model, naming the weight, and the errors of the
/// file's own reader; then the model is as it was.
void load_weights(const std::string& path, Model& model);

}  // namespace minnow
