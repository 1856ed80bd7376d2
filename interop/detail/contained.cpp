#include "interop/detail/contained.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "core/error.h"

namespace minnow::detail {
namespace {

constexpr std::size_t most_result = std::size_t{1} << 26;
constexpr char complete = '.';  // ends a whole result

[[noreturn]] void no_process() {
  throw IoError("run_contained", fmt::format("a process cannot be had: {}", std::strerror(errno)));
}

void limit(int resource, rlim_t value) {
  rlimit current{};
  if (::getrlimit(resource, &current) != 0) return;
  current.rlim_cur = std::min(value, current.rlim_max);
  ::setrlimit(resource, &current);
}

// Private writable memory of this process, which RLIMIT_DATA counts; 0 where it is not known.
rlim_t data_in_use() {
  unsigned long size = 0, resident = 0, shared = 0, text = 0, lib = 0, data = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  const int got =
      std::fscanf(file, "%lu %lu %lu %lu %lu %lu", &size, &resident, &shared, &text, &lib, &data);
  std::fclose(file);
  return got == 6 ? static_cast<rlim_t>(data) * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

void set_limits(const ContainedLimits& limits) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, static_cast<rlim_t>(limits.time.count()));
  if (const rlim_t in_use = data_in_use(); in_use > 0) limit(RLIMIT_DATA, in_use + limits.memory);
  // The program's own handlers are not for this process, nor are its complaints for the user.
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU, SIGINT, SIGTERM}) {
    std::signal(signal, SIG_DFL);
  }
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null >= 0) ::dup2(null, STDERR_FILENO);
}

[[noreturn]] void run_child(int out, const std::function<std::string()>& work,
                            const ContainedLimits& limits) {
  set_limits(limits);
  int status = 1;
  try {
    const std::string result = work() + complete;
    std::size_t done = 0;
    while (done < result.size()) {
      const ssize_t put = ::write(out, result.data() + done, result.size() - done);
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) break;
      done += static_cast<std::size_t>(put);
    }
    status = done == result.size() ? 0 : 1;
  } catch (...) {
    // Whatever it is, the parent sees an unfinished result.
  }
  ::_exit(status);
}

// Everything that comes before the other end is closed; nothing where that takes too long.
std::optional<std::string> read_result(int in, std::chrono::seconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  std::string result;
  std::array<char, std::size_t{1} << 14> bytes;
  while (result.size() <= most_result) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd watched{.fd = in, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(left.count()));
    if (ready == 0) return std::nullopt;
    if (ready < 0 && errno == EINTR) continue;
    const ssize_t got = ::read(in, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return result;
    result.append(bytes.data(), static_cast<std::size_t>(got));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> run_contained(const std::function<std::string()>& work,
                                         const ContainedLimits& limits) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) no_process();
  const pid_t child = ::fork();
  if (child < 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    no_process();
  }
  if (child == 0) {
    ::close(ends[0]);
    run_child(ends[1], work, limits);
  }
  ::close(ends[1]);
  std::optional<std::string> result = read_result(ends[0], limits.time);
  ::close(ends[0]);
  // Done or not, nothing of it stays. A program that ignores SIGCHLD has no child to wait for.
  ::kill(child, SIGKILL);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!result || result->empty() || result->back() != complete) return std::nullopt;
  result->pop_back();
  return result;
}

}  // namespace minnow::detail
