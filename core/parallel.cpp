#include "core/parallel.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>

#include <atomic>
#endif

namespace minnow {
namespace {

// OpenMP ends the program where the system has no more threads to give.
constexpr int max_threads = 1024;

#ifdef _OPENMP
// Below this much work for a thread, waking it costs more than it gives.
constexpr double min_piece_ns = 8000;

// A fork copies OpenMP's belief in its threads but not the threads: libgomp then waits for ever.
// The child of a process that has used them stays serial.
std::atomic<bool> in_forked_child{false};

void watch_forks() {
  static const int registered =
      pthread_atfork(nullptr, nullptr, [] { in_forked_child.store(true); });
  static_cast<void>(registered);
}
#endif

}  // namespace

Workers::Workers(int threads) : threads_(threads) {
  if (threads < 0 || threads > max_threads) {
    throw InvalidArgument(
        {"Workers", "threads",
         fmt::format("a number of threads from 1 to {}, or 0 for all", max_threads),
         fmt::format("{}", threads), ""});
  }
#ifdef _OPENMP
  if (threads_ == 0) threads_ = std::clamp(omp_get_max_threads(), 1, max_threads);
#else
  if (threads_ == 0) threads_ = 1;
#endif
}

int Workers::pieces_for(std::int64_t n, double work) const noexcept {
#ifdef _OPENMP
  if (threads_ == 1 || n < 2) return 1;
  const double useful = static_cast<double>(n) * work / min_piece_ns;
  if (useful < 2 || omp_in_parallel() != 0 || in_forked_child.load()) return 1;
  return static_cast<int>(
      std::min({static_cast<double>(threads_), static_cast<double>(n), useful}));
#else
  static_cast<void>(n);
  static_cast<void>(work);
  return 1;
#endif
}

void Workers::run(std::int64_t n, int pieces, Piece piece, void* body) {
#ifdef _OPENMP
  watch_forks();
#pragma omp parallel num_threads(pieces)
  {
    // OpenMP may give fewer threads than asked for: whoever came takes every team-th piece.
    for (int i = omp_get_thread_num(); i < pieces; i += omp_get_num_threads()) {
      const auto part = split(n, pieces, i);
      piece(body, part.begin, part.end);
    }
  }
#else
  static_cast<void>(pieces);
  piece(body, 0, n);
#endif
}

}  // namespace minnow
