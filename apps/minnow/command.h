#pragma once

#include <functional>

#include "apps/minnow/exit_status.h"

namespace CLI {
class App;
}

namespace minnow::apps {

/// A subcommand: what reads its options, and what it then does.
struct Command {
  CLI::App* app;
  std::function<ExitStatus()> run;
};

// Each adds its subcommand to the program.
Command add_fit(CLI::App& program);
Command add_evaluate(CLI::App& program);
Command add_predict(CLI::App& program);
Command add_summary(CLI::App& program);
Command add_convert(CLI::App& program);
Command add_example(CLI::App& program);
Command add_bench(CLI::App& program);

}  // namespace minnow::apps
