#pragma once

#include <cstdint>
#include <type_traits>

#include "../parallel.h"

// Internal to core/kernels.
namespace minnow::kernels {

/// The sum of value(body, Span) over chunks of [0, rows) in double: their bounds depend on `rows`
/// only, each is worked out by one thread, and they are added in order. `work` as in
/// Workers::for_range.
double sum_over_chunks(const Workers& workers, std::int64_t rows, double work,
                       double (*value)(void* body, Span), void* body);

/// The same of value(Span).
template <class F>
double sum_over_chunks(const Workers& workers, std::int64_t rows, double work, F&& value) {
  using Body = std::remove_reference_t<F>;
  return sum_over_chunks(
      workers, rows, work, [](void* body, Span some) { return (*static_cast<Body*>(body))(some); },
      const_cast<void*>(static_cast<const void*>(&value)));
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
