#include "core/kernels/row_sum.h"

#include <algorithm>
#include <array>

namespace minnow::kernels {

double sum_over_chunks(const Workers& workers, std::int64_t rows, double work,
                       double (*value)(void* body, Span), void* body) {
  constexpr std::int64_t most_chunks = 64, least_rows = 16;
  const std::int64_t each = std::max(least_rows, (rows + most_chunks - 1) / most_chunks);
  const std::int64_t chunks = (rows + each - 1) / each;
  std::array<double, most_chunks> sums{};
  workers.for_each(chunks, work * static_cast<double>(each), [&](std::int64_t chunk) {
    sums[static_cast<std::size_t>(chunk)] =
        value(body, {chunk * each, std::min(rows, (chunk + 1) * each)});
  });
  double total = 0;
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    total += sums[static_cast<std::size_t>(chunk)];
  }
  return total;
}

}  // namespace minnow::kernels
