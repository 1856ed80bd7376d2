// minnow summary: what a model is made of.
#include <CLI/App.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "apps/minnow/command.h"
#include "apps/minnow/load_model.h"
#include "apps/minnow/options.h"

namespace minnow::apps {

Command add_summary(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("summary", "Print the layers of a model, shapes, weights and memory");
  auto arguments = std::make_shared<RunArguments>();
  add_model(*app, *arguments);
  app->footer("Examples:\n  minnow summary model.json");
  return {app, [arguments] {
            const LoadedModel loaded = load_model("summary", arguments->model);
            std::string text = loaded.model.summary();
            if (!text.ends_with('\n')) text += '\n';
            std::cout << text;
            return exit_done;
          }};
}

}  // namespace minnow::apps
