// minnow predict: the output of a model for every row of a file.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <vector>

#include "apps/minnow/command.h"
#include "apps/minnow/fit_callbacks.h"
#include "apps/minnow/load_data.h"
#include "apps/minnow/load_model.h"
#include "apps/minnow/options.h"
#include "apps/minnow/output_file.h"
#include "core/ops.h"
#include "data/npy.h"

namespace minnow::apps {
namespace {

constexpr std::string_view in_predict = "predict";

struct PredictArguments {
  RunArguments run;
  DataArguments data;
  SettingsArguments conversions;
  std::string out;
};

constexpr auto predict_footer = R"(Examples:
  minnow predict trained.safetensors --x x.npy --out p.npy
  minnow predict trained.safetensors --x images.npz:test --scale 1/255 --out p.npy)";

// What compile settings would do; a model need not be compiled to predict.
Tensors converted(const Tensors& x, const SettingsArguments& a) {
  std::vector<Tensor> result;
  for (const Tensor& tensor : x) {
    const bool scaled = tensor.dtype() == DType::uint8 && a.scale.has_value();
    Tensor floats = scaled || a.autocast ? tensor.astype(DType::float32) : tensor;
    result.push_back(scaled ? floats * static_cast<double>(*a.scale) : floats);
  }
  return result;
}

ExitStatus run(const PredictArguments& a) {
  require_writable(in_predict, "--out", a.out);
  LoadedModel loaded = load_model(in_predict, a.run.model, {.threads = a.run.threads});
  if (!loaded.has_weights) {
    warn(fmt::format("{} is an architecture: its weights are not trained", loaded.path));
  }
  const Tensors x = converted(load_inputs(in_predict, a.data), a.conversions);
  write_npy(a.out, loaded.model.predict(x, {.batch_size = a.run.batch_size}));
  return exit_done;
}

}  // namespace

Command add_predict(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("predict", "Write what a model gives for files of numbers");
  auto arguments = std::make_shared<PredictArguments>();
  add_model(*app, arguments->run);
  add_inputs(*app, arguments->data);
  add_text(*app, "--out", arguments->out, "P.npy", "The file to write, in numpy's format")
      ->required();
  add_batch_size(*app, arguments->run);
  add_threads(*app, arguments->run);
  add_conversions(*app, arguments->conversions);
  app->footer(predict_footer);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace minnow::apps
