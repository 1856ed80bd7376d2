#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../core/config.h"
#include "../core/train/model.h"

namespace minnow {

/// The model that Keras's architecture JSON (`model.to_json()`: Sequential or Functional)
/// describes, with fresh weights. `name` stands for the source in messages. Throws Unimplemented
/// for layers and options that minnow lacks, naming all of them, InvalidArgument for what does not
/// fit together (cycles included), DataLoss for what is no such JSON.
Model model_from_config(const Config& architecture, const std::string& name,
                        ModelOptions options = {});
Model model_from_json(std::string_view json, const std::string& name = "JSON",
                      ModelOptions options = {});

/// A model, not compiled, and the compile settings that lie beside its architecture, if any.
struct DescribedModel {
  Model model;
  std::optional<CompileOptions> settings;
};

/// As model_from_config; what is not supported in the settings is named with the rest.
DescribedModel described_model(const Config& architecture, const std::string& name,
                               ModelOptions options = {});

/// Keras's architecture JSON of a built model, compile settings included where there are any.
Config architecture_of(const Model& model);
std::string to_json(const Model& model, int indent = -1);

/// Compile settings as Keras writes them, and back. Throws Unimplemented for all that minnow lacks.
Config compile_config(const CompileOptions& options);
CompileOptions compile_options_from(const Config& config);

}  // namespace minnow
