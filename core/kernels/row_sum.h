#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "../parallel.h"

// Internal to core/kernels.
namespace minnow::kernels {

/// The sum of value(Span) over chunks of [0, rows) in double: their bounds depend on `rows` only,
/// each is worked out by one thread, and they are added in order. `work` as in Workers::for_range.
template <class F>
double sum_over_chunks(const Workers& workers, std::int64_t rows, double work, F&& value) {
  constexpr std::int64_t most_chunks = 64, least_rows = 16;
  const std::int64_t each = std::max(least_rows, (rows + most_chunks - 1) / most_chunks);
  const std::int64_t chunks = (rows + each - 1) / each;
  std::array<double, most_chunks> sums{};
  workers.for_each(chunks, work * static_cast<double>(each), [&](std::int64_t chunk) {
    sums[static_cast<std::size_t>(chunk)] =
        value(Span{chunk * each, std::min(rows, (chunk + 1) * each)});
  });
  double total = 0;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    total += sums[static_cast<std::size_t>(chunk)];
  }
  return total;
}

/// The same of value(row), added up in order within a chunk.
template <class F>
double sum_over_rows(const Workers& workers, std::int64_t rows, double work, F&& value) {
  return sum_over_chunks(workers, rows, work, [&](Span some) {
    double sum = 0;
    for (std::int64_t row = some.begin; row < some.end; ++row) sum += value(row);
    return sum;
  });
}

}  // namespace minnow::kernels
