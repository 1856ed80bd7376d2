#include "core/parallel.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

#ifdef _OPENMP
#include <omp.h>
#include <pthread.h>

#include <atomic>
#include <exception>
#endif

namespace minnow {

#ifdef _OPENMP
// The threads of a parallel region, of which the first has work for all now and then. The others
// wait for it: awake for a while, as the next work mostly follows at once, then asleep.
class Team {
 public:
  int size() const noexcept { return size_; }
  // Whether all have work: then they have none for one another.
  bool running() const noexcept { return running_; }

  // The first thread calls begin(), run() for every piece of work, and end(), the others serve().
  void begin(int size) noexcept { size_ = size; }

  void run(std::int64_t n, int pieces, void (*piece)(void*, std::int64_t, std::int64_t),
           void* body) noexcept {
    running_ = true;
    piece_ = piece;
    body_ = body;
    n_ = n;
    pieces_ = pieces;
    busy_.store(size_ - 1, std::memory_order_relaxed);
    call();
    take_part(0);
    wait_until(busy_, [](int busy) { return busy == 0; });
    running_ = false;
  }

  void serve(int thread) noexcept {
    for (int seen = 0;;) {
      wait_until(calls_, [&](int calls) { return calls != seen; });
      seen = calls_.load(std::memory_order_relaxed);
      if (over_) return;
      take_part(thread);
      if (busy_.fetch_sub(1, std::memory_order_release) == 1) busy_.notify_one();
    }
  }

  void end() noexcept {
    over_ = true;
    call();
  }

 private:
  void call() noexcept {
    calls_.fetch_add(1, std::memory_order_release);
    calls_.notify_all();
  }

  void take_part(int thread) noexcept {
    for (int i = thread; i < pieces_; i += size_) {
      const Span part = split(n_, pieces_, i);
      piece_(body_, part.begin, part.end);
    }
  }

  template <class Condition>
  static void wait_until(std::atomic<int>& value, Condition&& holds) noexcept {
    constexpr int awake = 4000;  // looks, about 50 us
    for (int looks = 0;; ++looks) {
      const int now = value.load(std::memory_order_acquire);
      if (holds(now)) return;
      if (looks >= awake) {
        value.wait(now, std::memory_order_acquire);
      } else {
        rest();
      }
    }
  }

  static void rest() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  // The first thread's: the others read these between its call and their answer.
  int size_ = 1;
  bool running_ = false;
  void (*piece_)(void*, std::int64_t, std::int64_t) = nullptr;
  void* body_ = nullptr;
  std::int64_t n_ = 0;
  int pieces_ = 0;
  bool over_ = false;
  alignas(64) std::atomic<int> calls_{0};
  alignas(64) std::atomic<int> busy_{0};
};
#endif

namespace {

// OpenMP ends the program where the system has no more threads to give.
constexpr int max_threads = 1024;

#ifdef _OPENMP
// Below this much work for a thread, waking it costs more than it gives; less where it is awake.
constexpr double min_piece_ns = 8000, min_team_piece_ns = 2000;

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

#ifdef _OPENMP

Workers::Workers(Team& team) : threads_(team.size()), team_(&team) {}

int Workers::pieces_for(std::int64_t n, double work) const noexcept {
  if (threads_ == 1 || n < 2 || (team_ != nullptr && team_->running())) return 1;
  const double least = team_ != nullptr ? min_team_piece_ns : min_piece_ns;
  const double useful = static_cast<double>(n) * work / least;
  if (useful < 2) return 1;
  if (team_ == nullptr && (omp_in_parallel() != 0 || in_forked_child.load())) return 1;
  return static_cast<int>(
      std::min({static_cast<double>(threads_), static_cast<double>(n), useful}));
}

void Workers::run(std::int64_t n, double work, Piece piece, void* body) const {
  const int pieces = pieces_for(n, work);
  if (pieces <= 1) {
    if (n > 0) piece(body, 0, n);
    return;
  }
  if (team_ != nullptr) return team_->run(n, pieces, piece, body);
  watch_forks();
#pragma omp parallel num_threads(pieces)
  {
    // OpenMP may give fewer threads than asked for: whoever came takes every team-th piece.
    for (int i = omp_get_thread_num(); i < pieces; i += omp_get_num_threads()) {
      const auto part = split(n, pieces, i);
      piece(body, part.begin, part.end);
    }
  }
}

void Workers::run_together(Job job, void* body) const {
  watch_forks();
  Team team;
  std::exception_ptr thrown;  // a region must not let it out
#pragma omp parallel num_threads(threads_)
  {
    // Here, not before: threads that OpenMP starts would keep what their maker had set.
    const FlushSubnormals flush;
    if (const int thread = omp_get_thread_num(); thread != 0) {
      team.serve(thread);
    } else {
      team.begin(omp_get_num_threads());  // OpenMP may give fewer than asked for
      try {
        job(body, Workers(team));
      } catch (...) {
        thrown = std::current_exception();
      }
      team.end();
    }
  }
  if (thrown) std::rethrow_exception(thrown);
}

#else

class Team {};

int Workers::pieces_for(std::int64_t, double) const noexcept { return 1; }

void Workers::run(std::int64_t n, double, Piece piece, void* body) const {
  if (n > 0) piece(body, 0, n);
}

void Workers::run_together(Job job, void* body) const { job(body, *this); }

#endif

}  // namespace minnow
