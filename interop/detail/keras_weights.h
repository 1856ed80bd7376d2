#pragma once

#include <string>

#include "../../core/train/model.h"
#include "hdf5.h"

namespace minnow::detail {

/// The numbers of a built model under the paths that Keras gives them in model.weights.h5:
/// "layers/conv2d_1/vars/0" (classes in snake case, numbered; trainable weights first), and of a
/// compiled one "optimizer/vars/0" on: iterations, learning rate, state.
Hdf5Tree keras_tree(const Model& model);

/// The most bytes that Keras would take for these numbers, with room for the format's own.
std::uint64_t keras_tree_bound(const Model& model);

/// Sets weights, and of a compiled model optimizer state, step count and learning rate, from such a
/// file. Checks all of it before: throws InvalidArgument, with `where` and `name`, for missing,
/// further or misshapen numbers, and leaves the model as it was.
void restore_keras(Model& model, const Hdf5Image& image, const std::string& where,
                   const std::string& name);

}  // namespace minnow::detail
