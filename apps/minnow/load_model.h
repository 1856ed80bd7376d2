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
  bool is_checkpoint = false;              ///< else an architecture, with fresh weights
  std::optional<CompileOptions> settings;  ///< a checkpoint's model is compiled with them
};

/// Keras's architecture JSON or a checkpoint, told by content first, then by name. A checkpoint
/// keeps its own seed. Throws Unimplemented for Keras's archives, InvalidArgument for what is no
/// model at all, and the errors of model_from_config and load_checkpoint.
LoadedModel load_model(std::string_view where, const std::string& path,
                       const ModelOptions& options = {});

}  // namespace minnow::apps
