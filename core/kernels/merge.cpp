#include "core/kernels/merge.h"

#include <algorithm>
#include <array>

#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t block = 512;  // numbers at a time: they stay in the first cache
using Numbers = std::array<float, block>;

// Works on numbers [begin, begin + n) of row `row`, n <= block.
class Block {
 public:
  Block(const MergeJob& job, std::int64_t row, std::int64_t begin, std::int64_t n)
      : job_(job), row_(row), begin_(begin), n_(n) {}

  void forward(float* y) {
    const float* first = input(0);
    std::copy_n(first, n_, y);
    for (std::size_t k = 1; k < job_.inputs.size(); ++k) join(input(k), y);
    if (job_.kind == MergeKind::average) {
      const auto count = static_cast<float>(job_.inputs.size());
      for (std::int64_t i = 0; i < n_; ++i) y[i] /= count;
    }
  }

  void backward(std::size_t k, const float* dy, float* dx) {
    switch (job_.kind) {
      case MergeKind::add:
        std::copy_n(dy, n_, dx);
        return;
      case MergeKind::subtract:
        if (k == 0) {
          std::copy_n(dy, n_, dx);
        } else {
          for (std::int64_t i = 0; i < n_; ++i) dx[i] = -dy[i];
        }
        return;
      case MergeKind::average: {
        const auto count = static_cast<float>(job_.inputs.size());
        for (std::int64_t i = 0; i < n_; ++i) dx[i] = dy[i] / count;
        return;
      }
      case MergeKind::multiply:
        std::copy_n(dy, n_, dx);
        for (std::size_t other = 0; other < job_.inputs.size(); ++other) {
          if (other != k) join(input(other), dx);
        }
        return;
      case MergeKind::maximum:
        choose(k, dy, dx, [](float best, float x) { return best >= x; });
        return;
      case MergeKind::minimum:
        choose(k, dy, dx, [](float best, float x) { return best <= x; });
        return;
    }
  }

 private:
  // Input k's numbers, in place or spread into the buffer.
  const float* input(std::size_t k) {
    const Spread& s = job_.spreads[k];
    const float* x = job_.inputs[k] + row_ * s.small_numel;
    if (s.plain()) return x + begin_;
    expand(s, begin_, begin_ + n_, x, buffer_.data());
    return buffer_.data();
  }

  void join(const float* x, float* y) const {
    switch (job_.kind) {
      case MergeKind::add:
      case MergeKind::average:
        for (std::int64_t i = 0; i < n_; ++i) y[i] += x[i];
        return;
      case MergeKind::subtract:
        for (std::int64_t i = 0; i < n_; ++i) y[i] -= x[i];
        return;
      case MergeKind::multiply:
        for (std::int64_t i = 0; i < n_; ++i) y[i] *= x[i];
        return;
      case MergeKind::maximum:  // NaN fails the comparison and is taken, or is there and stays
        for (std::int64_t i = 0; i < n_; ++i) y[i] = y[i] >= x[i] || y[i] != y[i] ? y[i] : x[i];
        return;
      case MergeKind::minimum:
        for (std::int64_t i = 0; i < n_; ++i) y[i] = y[i] <= x[i] || y[i] != y[i] ? y[i] : x[i];
        return;
    }
  }

  // keeps(best, x): whether the best so far stays the best.
  template <class F>
  void choose(std::size_t k, const float* dy, float* dx, F&& keeps) {
    Numbers numbers;
    float* best = numbers.data();
    std::copy_n(input(0), n_, best);
    std::copy_n(dy, k == 0 ? n_ : 0, dx);
    for (std::size_t other = 1; other < job_.inputs.size(); ++other) {
      const float* x = input(other);
      if (other == k) {
        for (std::int64_t i = 0; i < n_; ++i) {
          const float d = dy[i];
          dx[i] = keeps(best[i], x[i]) ? 0.0F : d;
        }
      } else if (other > k) {
        for (std::int64_t i = 0; i < n_; ++i) {
          const float d = dx[i];
          dx[i] = keeps(best[i], x[i]) ? d : 0.0F;
        }
      }
      for (std::int64_t i = 0; i < n_; ++i) {
        const float old = best[i], v = x[i];
        best[i] = keeps(old, v) ? old : v;
      }
    }
  }

  const MergeJob& job_;
  std::int64_t row_, begin_, n_;
  Numbers buffer_;
};

bool all_plain(const MergeJob& job) {
  return std::all_of(job.spreads.begin(), job.spreads.end(),
                     [](const Spread& s) { return s.plain(); });
}

// f(row, begin, n) for blocks of every row; without spreads the rows are one.
template <class F>
void for_blocks(const Workers& workers, const MergeJob& job, F&& f) {
  const std::int64_t numel = job.spreads[0].numel;
  const double work = 0.3 * static_cast<double>(job.inputs.size() + 1);
  if (all_plain(job)) {
    workers.for_range(job.rows * numel, work, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; i += block) {
        f(std::int64_t{0}, i, std::min(block, end - i));
      }
    });
    return;
  }
  workers.for_each(job.rows, work * static_cast<double>(numel), [&](std::int64_t row) {
    for (std::int64_t i = 0; i < numel; i += block) f(row, i, std::min(block, numel - i));
  });
}

}  // namespace

void merge_forward(const Workers& workers, const MergeJob& job, float* y) {
  const std::int64_t numel = job.spreads[0].numel;
  for_blocks(workers, job, [&](std::int64_t row, std::int64_t begin, std::int64_t n) {
    Block(job, row, begin, n).forward(y + row * numel + begin);
  });
}

void merge_backward(const Workers& workers, const MergeJob& job, std::size_t k, const float* dy,
                    float* dx) {
  const Spread& s = job.spreads[k];
  for_blocks(workers, job, [&](std::int64_t row, std::int64_t begin, std::int64_t n) {
    const float* from = dy + row * s.numel + begin;
    if (s.plain()) {
      Block(job, row, begin, n).backward(k, from, dx + row * s.numel + begin);
      return;
    }
    float* to = dx + row * s.small_numel;
    if (begin == 0) std::fill_n(to, s.small_numel, 0.0F);
    Numbers whole;
    Block(job, row, begin, n).backward(k, from, whole.data());
    reduce(s, begin, begin + n, whole.data(), to);
  });
}

}  // namespace minnow::kernels
