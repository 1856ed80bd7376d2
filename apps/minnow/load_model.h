#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/train/model.h"

namespace minnow::apps {

/// A model from a file, and what the file brought with it.
struct LoadedModel {
  Model model;
  std::string path;
  bool has_weights = false;                ///< else an architecture, with fresh weights
  bool has_progress = false;               ///< a checkpoint, which knows where training stopped
  std::optional<CompileOptions> settings;  ///< a model with weights is compiled with them
};

/// Keras's architecture JSON or `.keras` archive, or a checkpoint, told by content first, then by
/// name. A checkpoint keeps its own seed. Throws Unimplemented for weights without a model,
/// InvalidArgument for what is no model at all, and the errors of model_from_config, load_keras and
/// load_checkpoint.
LoadedModel load_model(std::string_view where, const std::string& path,
                       const ModelOptions& options = {});

/// Writes a `.keras` archive where the name says so, else a checkpoint. Throws as save_keras and
/// save_checkpoint.
void save_model(const std::string& path, const Model& model);

}  // namespace minnow::apps
