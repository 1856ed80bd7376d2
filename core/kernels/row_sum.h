#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "../parallel.h"

// Internal to core/kernels.
namespace minnow::kernels {

/// The sum of value(row) over [0, rows) in double: chunks whose bounds depend on `rows` only, each
/// added up in order by one thread, then the chunks in order. `work` as in Workers::for_range.
template <class F>
double sum_over_rows(const Workers& workers, std::int64_t rows, double work, F&& value) {
  constexpr std::int64_t most_chunks = 64, least_rows = 16;
  const std::int64_t each = std::max(least_rows, (rows + most_chunks - 1) / most_chunks);
  const std::int64_t chunks = (rows + each - 1) / each;
  std::array<double, most_chunks> sums{};
  workers.for_each(chunks, work * static_cast<double>(each), [&](std::int64_t chunk) {
    const std::int64_t end = std::min(rows, (chunk + 1) * each);
    double sum = 0;
    for (std::int64_t row = chunk * each; row < end; ++row) sum += value(row);
    sums[static_cast<std::size_t>(chunk)] = sum;
  });
  double total = 0;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    total += sums[static_cast<std::size_t>(chunk)];
  }
  return total;
}

}  // namespace minnow::kernels
