#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"
#include "tests/data/files.h"

namespace minnow::testing {

/// What a program left behind.
struct Finished {
  int status = 0;  ///< its exit status, or -N where signal N ended it
  std::string out, err;
};

/// A program that runs beside the test. Its standard streams are files of its own.
class Program {
 public:
  Program(const std::string& path, const std::vector<std::string>& arguments);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  void signal(int number) const;
  /// Waits until standard error has the text; a test failure after a minute.
  void wait_for(std::string_view text) const;
  Finished wait();

 private:
  TemporaryFolder folder_;
  pid_t process_ = -1;
};

/// Runs the program minnow to its end.
Finished run_minnow(const std::vector<std::string>& arguments);

std::string read_text(const std::string& path);

/// A folder with a small classification job: x.npy (60, 6) and y.npy, labels of 3 classes;
/// model.json, an architecture without compile settings.
class Job : public TemporaryFolder {
 public:
  Job();
  /// fit's arguments for model, data and loss, and the ones to add.
  std::vector<std::string> fit(const std::vector<std::string>& more) const;

  Tensor x, y;
};

}  // namespace minnow::testing
