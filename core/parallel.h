#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "parts.h"
#include "subnormals.h"

namespace minnow {

class Team;

/// How many threads a piece of work may use. A small value that is passed to whatever computes;
/// the only place that knows OpenMP is parallel.cpp.
///
/// Work is cut by its size alone and every piece is computed by one thread, so results have the
/// same bits for any number of threads. Callable from several threads of a program at once; inside
/// a host's parallel region, in a forked child and in a build without OpenMP it all runs on the
/// caller.
class Workers {
 public:
  /// 0: as many as OpenMP would use (OMP_NUM_THREADS, else the cores). Throws InvalidArgument for
  /// a number below 0 or above 1024.
  explicit Workers(int threads = 0);

  int threads() const noexcept { return threads_; }

  /// Calls f(begin, end) on balanced pieces that cover [0, n). `work` is the rough cost of one
  /// item in nanoseconds: small loops run on the calling thread. f must not throw.
  template <class F>
  void for_range(std::int64_t n, double work, F&& f) const {
    using Body = std::remove_reference_t<F>;
    run(
        n, work,
        [](void* body, std::int64_t begin, std::int64_t end) {
          (*static_cast<Body*>(body))(begin, end);
        },
        const_cast<void*>(static_cast<const void*>(&f)));
  }

  /// Calls f(next) on the threads that take part, where next() is a NextPart of [0, n), of at most
  /// `grain` items: for long work whose preparation serves several parts.
  template <class F>
  void share(std::int64_t n, std::int64_t grain, double work, F&& f) const {
    const int shares = std::min(pieces_for(n, work), Parts::most_shares);
    Parts parts(n, shares == 1 ? n : grain, shares);
    for_range(shares, work * static_cast<double>(n) / shares,
              [&](std::int64_t begin, std::int64_t end) {
                for (; begin < end; ++begin) f(NextPart{&parts, static_cast<int>(begin)});
              });
  }

  /// Calls f(workers) with workers that are called together once for all the work that f gives
  /// them, rather than for every piece of it; f runs on the calling thread and may throw. `work` is
  /// the rough cost of it all in nanoseconds: where it is small, f gets a worker that is alone.
  /// Subnormal numbers count as zero meanwhile, for every thread.
  template <class F>
  void together(double work, F&& f) const {
    if (pieces_for(threads_, work / threads_) <= 1) {
      const FlushSubnormals flush;
      return f(Workers(1));
    }
    using Body = std::remove_reference_t<F>;
    run_together([](void* body, const Workers& team) { (*static_cast<Body*>(body))(team); },
                 const_cast<void*>(static_cast<const void*>(&f)));
  }

  /// Calls f(i) for every i in [0, n), as for_range.
  template <class F>
  void for_each(std::int64_t n, double work, F&& f) const {
    for_range(n, work, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) f(i);
    });
  }

 private:
  using Piece = void (*)(void* body, std::int64_t begin, std::int64_t end);
  using Job = void (*)(void* body, const Workers& team);
  explicit Workers(Team& team);
  int pieces_for(std::int64_t n, double work) const noexcept;
  // By a pointer also where there is one piece: f, which is long, is compiled once.
  void run(std::int64_t n, double work, Piece piece, void* body) const;
  void run_together(Job job, void* body) const;

  int threads_;
  Team* team_ = nullptr;
};

}  // namespace minnow
