#include "core/parallel.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/error.h"
#include "tests/expect_error.h"

namespace minnow {
namespace {

constexpr bool with_openmp = MINNOW_WITH_OPENMP;  // told by CMake: without it all is serial
constexpr double heavy = 1e6;                     // nanoseconds: enough to be worth a thread each

// How often each of n items was visited.
std::vector<int> visits(const Workers& workers, std::int64_t n, double work) {
  std::vector<std::atomic<int>> counts(static_cast<std::size_t>(n));
  workers.for_range(n, work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) counts[static_cast<std::size_t>(i)].fetch_add(1);
  });
  return {counts.begin(), counts.end()};
}

std::vector<int> once(std::int64_t n) { return std::vector<int>(static_cast<std::size_t>(n), 1); }

TEST(SplitTest, CoversWithoutGapsAndBalances) {
  for (const std::int64_t n : {0, 1, 2, 3, 7, 10, 97, 1000}) {
    for (const std::int64_t pieces : {1, 2, 3, 4, 7, 97, 200}) {
      std::int64_t at = 0;
      for (std::int64_t i = 0; i < pieces; ++i) {
        const auto [begin, end] = split(n, pieces, i);
        EXPECT_EQ(begin, at);
        const std::int64_t size = end - begin;
        EXPECT_TRUE(size == n / pieces || size == n / pieces + 1) << n << ' ' << pieces;
        at = end;
      }
      EXPECT_EQ(at, n);
    }
  }
}

TEST(SplitTest, LargerPiecesComeFirst) {
  EXPECT_EQ(split(10, 4, 0).end, 3);
  EXPECT_EQ(split(10, 4, 1).end, 6);
  EXPECT_EQ(split(10, 4, 2).end, 8);
  EXPECT_EQ(split(10, 4, 3).end, 10);
}

TEST(WorkersTest, VisitEachItemOnce) {
  for (const int threads : {1, 2, 3, 4, 7}) {
    for (const std::int64_t n : {0, 1, 2, 3, 5, 7, 13, 64, 101}) {
      EXPECT_EQ(visits(Workers(threads), n, heavy), once(n)) << threads << " threads, n " << n;
      EXPECT_EQ(visits(Workers(threads), n, 0.1), once(n)) << threads << " threads, n " << n;
    }
  }
}

TEST(WorkersTest, ForEachVisitsEachItemOnce) {
  std::vector<std::atomic<int>> counts(17);
  Workers(3).for_each(17, heavy,
                      [&](std::int64_t i) { counts[static_cast<std::size_t>(i)].fetch_add(1); });
  EXPECT_EQ(std::vector<int>(counts.begin(), counts.end()), once(17));
}

TEST(WorkersTest, ShareGivesEachItemOnce) {
  for (const int threads : {1, 2, 3, 7, 70}) {
    for (const std::int64_t n : {0, 1, 2, 5, 13, 101}) {
      for (const std::int64_t grain : {1, 4, 200}) {
        std::vector<std::atomic<int>> counts(static_cast<std::size_t>(n));
        std::atomic<int> large = 0;
        Workers(threads).share(n, grain, heavy, [&](const NextPart& next) {
          for (Span part = next(); part.size() > 0; part = next()) {
            if (threads > 1 && with_openmp && n > 1 && part.size() > grain) large.fetch_add(1);
            for (std::int64_t i = part.begin; i < part.end; ++i) {
              counts[static_cast<std::size_t>(i)].fetch_add(1);
            }
          }
        });
        EXPECT_EQ(std::vector<int>(counts.begin(), counts.end()), once(n)) << threads << ' ' << n;
        EXPECT_EQ(large.load(), 0) << threads << ' ' << n << ' ' << grain;
      }
    }
  }
}

TEST(PartsTest, AShareThatIsDoneTakesFromTheOthers) {
  Parts parts(10, 2, 2);
  const NextPart first{&parts, 0}, second{&parts, 1};
  const auto is = [](const Span& part, std::int64_t begin, std::int64_t end) {
    return part.begin == begin && part.end == end;
  };
  EXPECT_TRUE(is(second(), 5, 7));
  EXPECT_TRUE(is(first(), 0, 2));
  EXPECT_TRUE(is(first(), 2, 4));
  EXPECT_TRUE(is(first(), 4, 5));
  EXPECT_TRUE(is(first(), 7, 9));
  EXPECT_TRUE(is(second(), 9, 10));
  EXPECT_EQ(second().size(), 0);
  EXPECT_EQ(first().size(), 0);
}

TEST(WorkersTest, SmallWorkStaysOnTheCaller) {
  const auto caller = std::this_thread::get_id();
  int calls = 0;
  Workers(4).for_range(100, 1.0, [&](std::int64_t begin, std::int64_t end) {
    ++calls;
    EXPECT_EQ(begin, 0);
    EXPECT_EQ(end, 100);
    EXPECT_EQ(std::this_thread::get_id(), caller);
  });
  EXPECT_EQ(calls, 1);
}

TEST(WorkersTest, NoWorkIsNoCall) {
  Workers(4).for_range(0, heavy, [](std::int64_t, std::int64_t) { ADD_FAILURE(); });
}

TEST(WorkersTest, HeavyWorkIsCutIntoAPieceForEachThread) {
  std::atomic<int> calls{0};
  Workers(3).for_range(10, heavy, [&](std::int64_t, std::int64_t) { calls.fetch_add(1); });
  EXPECT_EQ(calls.load(), with_openmp ? 3 : 1);
}

TEST(WorkersTest, InsideARegionRunOnTheirThread) {
  std::atomic<int> inner_calls{0}, strangers{0};
  Workers(4).for_each(4, heavy, [&](std::int64_t) {
    const auto here = std::this_thread::get_id();
    Workers(4).for_range(9, heavy, [&](std::int64_t begin, std::int64_t end) {
      inner_calls.fetch_add(1);
      if (begin != 0 || end != 9 || std::this_thread::get_id() != here) strangers.fetch_add(1);
    });
  });
  EXPECT_EQ(inner_calls.load(), 4);
  EXPECT_EQ(strangers.load(), 0);
}

TEST(WorkersTest, TogetherDoOneWorkAfterTheOther) {
  for (const int threads : {1, 2, 3, 7}) {
    const auto caller = std::this_thread::get_id();
    int calls = 0;
    Workers(threads).together(heavy, [&](const Workers& team) {
      ++calls;
      EXPECT_EQ(std::this_thread::get_id(), caller);
      for (int round = 0; round < 50; ++round) {
        const std::int64_t n = 1 + round % 13;
        EXPECT_EQ(visits(team, n, round % 3 == 0 ? 0.1 : heavy), once(n)) << threads << ' ' << n;
      }
    });
    EXPECT_EQ(calls, 1);
  }
}

TEST(WorkersTest, TogetherWaitForWorkThatIsLongInComing) {
  Workers(3).together(heavy, [&](const Workers& team) {
    for (int round = 0; round < 3; ++round) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the others are asleep by now
      EXPECT_EQ(visits(team, 11, heavy), once(11));
    }
  });
}

TEST(WorkersTest, TogetherTakeSubnormalsForZero) {
  const volatile float small = std::numeric_limits<float>::min();
  const auto half_is_zero = [&] { return small / 2 == 0; };
  for (const int threads : {1, 3, 9}) {  // more than have been started yet
    std::atomic<int> kept = 0, flushed = 0;
    Workers(threads).together(heavy, [&](const Workers& team) {
      if (!half_is_zero()) kept.fetch_add(1);
      team.for_each(30, heavy, [&](std::int64_t) {
        if (!half_is_zero()) kept.fetch_add(1);
      });
    });
    EXPECT_EQ(kept.load(), 0) << threads;
    EXPECT_FALSE(half_is_zero()) << "the caller's own numbers changed";
    Workers(threads).for_each(90, heavy, [&](std::int64_t) {
      if (half_is_zero()) flushed.fetch_add(1);
    });
    EXPECT_EQ(flushed.load(), 0) << "a thread was left so";
  }
}

TEST(WorkersTest, TogetherForLittleWorkIsOneAlone) {
  Workers(4).together(100, [](const Workers& team) { EXPECT_EQ(team.threads(), 1); });
}

TEST(WorkersTest, TogetherLetExceptionsThrough) {
  const Workers workers(3);
  EXPECT_THROW(workers.together(heavy,
                                [&](const Workers& team) {
                                  EXPECT_EQ(visits(team, 5, heavy), once(5));
                                  throw std::runtime_error("in a step");
                                }),
               std::runtime_error);
  EXPECT_EQ(visits(workers, 5, heavy), once(5));
}

TEST(WorkersTest, TogetherInsideTheirOwnWorkAreAlone) {
  std::atomic<int> inner_calls{0};
  Workers(3).together(heavy, [&](const Workers& team) {
    team.for_each(3, heavy, [&](std::int64_t) {
      team.for_range(9, heavy, [&](std::int64_t, std::int64_t) { inner_calls.fetch_add(1); });
      Workers(2).together(heavy, [&](const Workers& inner) {
        inner.for_range(9, heavy, [&](std::int64_t, std::int64_t) { inner_calls.fetch_add(1); });
      });
    });
  });
  EXPECT_EQ(inner_calls.load(), 6);
}

TEST(WorkersTest, ServeSeveralThreadsAtOnce) {
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&, t] {
      for (int round = 0; round < 10; ++round) {
        if (visits(Workers(1 + t), 31 + t, heavy) != once(31 + t)) wrong.fetch_add(1);
        Workers(1 + t).together(heavy, [&](const Workers& team) {
          if (visits(team, 31 + t, heavy) != once(31 + t)) wrong.fetch_add(1);
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong.load(), 0);
}

TEST(WorkersTest, WorkInAForkedChild) {
  EXPECT_EQ(visits(Workers(4), 11, heavy), once(11));  // OpenMP has its threads now
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(60);  // a child that hangs must not outlive the test
    _exit(visits(Workers(4), 11, heavy) == once(11) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(visits(Workers(4), 11, heavy), once(11));  // and the parent goes on
}

TEST(WorkersTest, ZeroMeansAllThatThereAre) {
  EXPECT_GE(Workers().threads(), 1);
  EXPECT_EQ(Workers(3).threads(), 3);
}

TEST(WorkersTest, RefuseAnImpossibleNumberOfThreads) {
  expect_error<InvalidArgument>(
      [] { Workers(-1); },
      "[Workers] threads: expected a number of threads from 1 to 1024, or 0 for all, got -1.");
  expect_error<InvalidArgument>(
      [] { Workers(100000); },
      "[Workers] threads: expected a number of threads from 1 to 1024, or 0 for all, got 100000.");
}

}  // namespace
}  // namespace minnow
