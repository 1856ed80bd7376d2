// The program minnow: reads the command line, runs a subcommand, and turns errors into exit
// statuses.
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "apps/minnow/command.h"
#include "core/error.h"
#include "core/text.h"

namespace {

namespace apps = minnow::apps;

constexpr auto program_footer = R"(minnow COMMAND --help tells more.

Exit status: 0 done; 1 failed; 2 bad input or usage; 130 interrupted, after saving.
Results go to standard output, progress and errors to standard error.)";

const CLI::App* chosen(const std::vector<apps::Command>& commands) {
  for (const apps::Command& command : commands) {
    if (command.app->parsed()) return command.app;
  }
  return nullptr;
}

std::vector<std::string> known_words(const std::vector<apps::Command>& commands,
                                     const CLI::App* command) {
  std::vector<std::string> words;
  if (command == nullptr) {
    for (const apps::Command& c : commands) words.push_back(c.app->get_name());
  } else {
    for (const CLI::Option* option : command->get_options()) words.push_back(option->get_name());
  }
  return words;
}

// CLI11's finding in the words of the other errors.
minnow::InvalidArgument usage_error(const CLI::App& program,
                                    const std::vector<apps::Command>& commands,
                                    const CLI::ParseError& error) {
  const CLI::App* command = chosen(commands);
  const std::string where = command != nullptr ? command->get_name() : "minnow";
  const std::string help =
      command != nullptr ? "See minnow " + where + " --help." : std::string("See minnow --help.");
  std::string_view text = error.what();
  const std::vector<std::string> extras = program.remaining(true);
  if (!extras.empty()) {
    const std::vector<std::string> words = known_words(commands, command);
    const std::vector<std::string_view> candidates(words.begin(), words.end());
    const std::string_view near = minnow::nearest_name(extras.front(), candidates);
    return minnow::InvalidArgument(
        {where, "", command != nullptr ? "known options" : "a command",
         fmt::format("'{}'", extras.front()),
         (near.empty() ? "" : fmt::format("Did you mean '{}'? ", near)) + help});
  }
  constexpr std::string_view required = " is required";
  if (text.ends_with(required)) {
    text.remove_suffix(required.size());
    return minnow::InvalidArgument({where, text, "a value", "none", help});
  }
  return minnow::InvalidArgument(
      {where, "", "a command line that can be read", fmt::format("this: {}", text), help});
}

apps::ExitStatus run(int argc, char** argv) {
  CLI::App program("Trains small neural networks on the CPU.", "minnow");
  program.set_version_flag("--version", "minnow " MINNOW_VERSION, "Print the version and exit");
  program.get_formatter()->column_width(30);
  program.get_formatter()->label("REQUIRED", "");
  program.footer(program_footer);
  const std::vector<apps::Command> commands = {
      apps::add_fit(program),     apps::add_evaluate(program), apps::add_predict(program),
      apps::add_summary(program), apps::add_convert(program),  apps::add_example(program),
      apps::add_bench(program)};
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& request) {  // --help or --version
    program.exit(request);
    return apps::exit_done;
  } catch (const CLI::ParseError& error) {
    throw usage_error(program, commands, error);
  }
  for (const apps::Command& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  std::cerr << program.help();
  return apps::exit_bad_input;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const apps::ExitStatus status = run(argc, argv);
    std::cout.flush();
    if (!std::cout) throw minnow::IoError("minnow", "standard output cannot be written to.");
    return status;
  } catch (const std::exception& error) {
    return apps::report(error);
  }
}
