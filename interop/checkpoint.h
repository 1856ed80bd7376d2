#pragma once

#include <string>

#include "../core/train/model.h"

namespace minnow {

/// Writes everything that training needs to go on to the same bits, as one safetensors file:
/// weights and optimizer state as tensors; architecture, compile settings, step, progress (epoch,
/// batch, seed, History, callback state) as JSON in its metadata under "minnow". Written to a
/// temporary name and renamed. Throws IoError, FailedPrecondition for a model that is not built.
void save_checkpoint(const std::string& path, const Model& model);

/// The model of a checkpoint, compiled and ready to go on: `fit(..., {.resume = true})`. `threads`
/// as in ModelOptions. Throws as read_safetensors, and DataLoss where the parts contradict each
/// other; nothing is half loaded.
Model load_checkpoint(const std::string& path, int threads = 0);

}  // namespace minnow
