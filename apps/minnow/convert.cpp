// minnow convert: a model from one format to another.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/App.hpp>
#include <array>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/minnow/command.h"
#include "apps/minnow/fit_callbacks.h"
#include "apps/minnow/load_model.h"
#include "apps/minnow/options.h"
#include "apps/minnow/output_file.h"
#include "core/error.h"
#include "core/graph/registry.h"
#include "interop/architecture.h"
#include "interop/onnx.h"
#include "interop/weights.h"

namespace minnow::apps {
namespace {

constexpr std::string_view in_convert = "convert";

struct ConvertArguments {
  std::string in, out, weights;
  bool list = false;
};

constexpr auto convert_footer = R"(OUT is told by its name:
  .keras                   Keras's archive: model, weights, compile settings, optimizer state
  .json                    its architecture and compile settings, as model.to_json()
  .safetensors             a checkpoint of minnow: all of it; its tensors go by layer names
  .onnx                    for inference in other programs
  .weights.h5 .npz .weights.safetensors
                           the weights alone, for Keras or by layer names

Examples:
  minnow convert model.keras model.onnx
  minnow convert model.json model.keras --weights trained.weights.h5
  minnow convert trained.safetensors weights.npz
  minnow convert --list)";

struct Target {
  std::string_view end;
  void (*write)(const std::string& path, const Model& model);
};

void write_json_file(const std::string& path, const Model& model) {
  write_text(path, to_json(model, 2) + "\n");
}

// The first whose end fits.
constexpr std::array targets = {
    Target{".weights.h5", save_weights}, Target{".weights.safetensors", save_weights},
    Target{".npz", save_weights},        Target{".keras", save_model},
    Target{".safetensors", save_model},  Target{".json", write_json_file},
    Target{".onnx", export_onnx},
};

const Target& target_of(const std::string& path) {
  for (const Target& target : targets) {
    if (path.ends_with(target.end)) return target;
  }
  throw InvalidArgument({in_convert, "OUT",
                         "a name that ends in .keras, .json, .safetensors, .onnx, .weights.h5, "
                         ".weights.safetensors or .npz",
                         path, ""});
}

// A line for each kind of thing, as the registry has it.
void print_supported() {
  const auto line = [](std::string_view what, const auto& names) {
    std::cout << fmt::format("{}: {}\n", what, fmt::join(names, ", "));
  };
  line("layers", known_layers());
  line("optimizers", known_optimizers());
  line("losses", known_losses());
  line("metrics", known_metrics());
  line("layers in ONNX", onnx_layers());
}

ExitStatus run(const ConvertArguments& a) {
  if (a.list) {
    print_supported();
    return exit_done;
  }
  for (const auto& [name, path] : {std::pair{"IN", &a.in}, std::pair{"OUT", &a.out}}) {
    if (path->empty()) {
      throw InvalidArgument({in_convert, name, "a file", "none", "See minnow convert --help."});
    }
  }
  const Target& target = target_of(a.out);
  require_writable(in_convert, "OUT", a.out);
  LoadedModel loaded = load_model(in_convert, a.in);
  if (!a.weights.empty()) {
    load_weights(a.weights, loaded.model);
  } else if (!loaded.has_weights && target.write != write_json_file) {
    warn(fmt::format("{} is an architecture: its weights are not trained", loaded.path));
  }
  if (!loaded.has_weights && loaded.settings) loaded.model.compile(*loaded.settings);
  target.write(a.out, loaded.model);
  return exit_done;
}

}  // namespace

Command add_convert(CLI::App& program) {
  CLI::App* app = program.add_subcommand("convert", "Write a model in another format");
  auto arguments = std::make_shared<ConvertArguments>();
  app->add_option("IN", arguments->in,
                  "Keras's architecture (model.to_json()) or .keras archive, or a checkpoint of "
                  "minnow")
      ->type_name("");
  app->add_option("OUT", arguments->out, "The file to write")->type_name("");
  add_text(*app, "--weights", arguments->weights, "W",
           "Weights to give the model first: .weights.h5, .npz, .safetensors or .keras");
  app->add_flag("--list", arguments->list,
                "Print the classes of Keras that are supported, and which of them ONNX has");
  app->footer(convert_footer);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace minnow::apps
