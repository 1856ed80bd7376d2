#pragma once

#include <exception>

namespace minnow::apps {

/// What the program tells the shell.
enum ExitStatus : int {
  exit_done = 0,
  exit_failed = 1,         ///< every other error
  exit_bad_input = 2,      ///< InvalidArgument, or a command line that cannot be read
  exit_interrupted = 130,  ///< by a signal, after saving
};

/// Writes the error to standard error, as "minnow: DataLoss: ...", and gives its exit status.
ExitStatus report(const std::exception& error);

}  // namespace minnow::apps
