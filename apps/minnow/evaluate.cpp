// minnow evaluate: the loss and metrics of a model on files.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <iostream>
#include <memory>

#include "apps/minnow/command.h"
#include "apps/minnow/fit_callbacks.h"
#include "apps/minnow/load_data.h"
#include "apps/minnow/load_model.h"
#include "apps/minnow/options.h"
#include "apps/minnow/settings.h"

namespace minnow::apps {
namespace {

constexpr std::string_view in_evaluate = "evaluate";

struct EvaluateArguments {
  RunArguments run;
  DataArguments data;
  SettingsArguments settings;
};

constexpr auto evaluate_footer = R"(Examples:
  minnow evaluate trained.safetensors --x x.npy --y y.npy
  minnow evaluate trained.safetensors --dataset fashion-mnist

Prints a line for each result, as "loss: 0.352".)";

ExitStatus run(const EvaluateArguments& a) {
  LoadedModel loaded = load_model(in_evaluate, a.run.model, {.threads = a.run.threads});
  apply_settings(in_evaluate, loaded, a.settings);
  if (!loaded.has_weights) {
    warn(fmt::format("{} is an architecture: its weights are not trained", loaded.path));
  }
  const LabelledData data = load_test_data(in_evaluate, a.data);
  const Logs results = loaded.model.evaluate(
      data.x, data.y, {.batch_size = a.run.batch_size, .sample_weight = data.sample_weight});
  for (const auto& [key, value] : results) std::cout << fmt::format("{}: {:.6g}\n", key, value);
  return exit_done;
}

}  // namespace

Command add_evaluate(CLI::App& program) {
  CLI::App* app = program.add_subcommand("evaluate", "Say how good a model is on files of numbers");
  auto arguments = std::make_shared<EvaluateArguments>();
  add_model(*app, arguments->run);
  add_inputs(*app, arguments->data);
  add_targets(*app, arguments->data);
  add_losses(*app, arguments->settings);
  add_batch_size(*app, arguments->run);
  add_threads(*app, arguments->run);
  add_conversions(*app, arguments->settings);
  app->footer(evaluate_footer);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace minnow::apps
