#include "tests/apps/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "core/random.h"
#include "data/npy.h"
#include "interop/architecture.h"
#include "layers/dense.h"

namespace minnow::testing {

Program::Program(const std::string& path, const std::vector<std::string>& arguments) {
  std::vector<std::string> words{path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  const std::string out = folder_ / "out", err = folder_ / "err";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), flags, 0600);
  const int error =
      posix_spawn(&process_, path.c_str(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    process_ = -1;
    ADD_FAILURE() << "cannot start " << path;
  }
}

Program::~Program() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void Program::signal(int number) const { ::kill(process_, number); }

void Program::wait_for(std::string_view text) const {
  using namespace std::chrono_literals;
  const auto limit = std::chrono::steady_clock::now() + 60s;
  while (read_text(folder_ / "err").find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > limit) {
      FAIL() << "standard error never had '" << text << "':\n" << read_text(folder_ / "err");
    }
    std::this_thread::sleep_for(2ms);
  }
}

Finished Program::wait() {
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_text(folder_ / "out"),
          read_text(folder_ / "err")};
}

Finished run_minnow(const std::vector<std::string>& arguments) {
  return Program(MINNOW_PROGRAM, arguments).wait();
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Job::Job() {
  Rng rng(7);
  x = uniform({60, 6}, rng);
  y = randint(0, 3, {60}, rng);
  write_npy(*this / "x.npy", x);
  write_npy(*this / "y.npy", y);
  const Sequential model(
      {Input({6}), Dense(8, {.activation = "relu"}), Dense(3, {.activation = "softmax"})});
  store(*this / "model.json", to_json(model));
}

std::vector<std::string> Job::fit(const std::vector<std::string>& more) const {
  std::vector<std::string> arguments{"fit",       *this / "model.json",
                                     "--x",       *this / "x.npy",
                                     "--y",       *this / "y.npy",
                                     "--threads", "1",
                                     "--loss",    "sparse_categorical_crossentropy"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace minnow::testing
