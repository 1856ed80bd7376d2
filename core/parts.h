#pragma once

#include <atomic>
#include <cstdint>

namespace minnow {

/// The numbers of [begin, end).
struct Span {
  std::int64_t begin, end;
  constexpr std::int64_t size() const noexcept { return end - begin; }
  friend constexpr bool operator==(const Span&, const Span&) = default;
};

/// Piece `index` of `pieces` over [0, n): sizes differ by at most one.
constexpr Span split(std::int64_t n, std::int64_t pieces, std::int64_t index) noexcept {
  const std::int64_t each = n / pieces, extra = n % pieces;
  const std::int64_t begin = index * each + (index < extra ? index : extra);
  return {begin, begin + each + (index < extra ? 1 : 0)};
}

/// What is left of a piece of work that threads share: each takes parts of its own share and then
/// of the others', so that none waits long for a slower one.
class Parts {
 public:
  static constexpr int most_shares = 64;

  /// [0, n) in so many shares, each in parts of about `grain`.
  Parts(std::int64_t n, std::int64_t grain, int shares) noexcept
      : n_(n), grain_(grain), shares_(shares) {}

  /// The next part of share `own`, or of one behind it; empty when nothing is left.
  Span next(int own) noexcept {
    if (n_ == 0) return {0, 0};
    for (int i = 0; i < shares_; ++i) {
      const int share = (own + i) % shares_;
      const Span all = split(n_, shares_, share);
      const std::int64_t parts = (all.size() + grain_ - 1) / grain_;
      const std::int64_t part = taken_[share].count.fetch_add(1, std::memory_order_relaxed);
      if (part >= parts) continue;
      const Span span = split(all.size(), parts, part);
      return {all.begin + span.begin, all.begin + span.end};
    }
    return {0, 0};
  }

 private:
  struct alignas(64) Taken {
    std::atomic<std::int64_t> count{0};
  };
  std::int64_t n_, grain_;
  int shares_;
  Taken taken_[most_shares];
};

/// Gives one thread its parts, until one is empty.
struct NextPart {
  Parts* parts;
  int own;
  Span operator()() const noexcept { return parts->next(own); }
};

}  // namespace minnow
