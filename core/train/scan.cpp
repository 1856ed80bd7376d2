#include "core/train/scan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace minnow {
namespace {

// Count, mean and squared deviations of a chunk; two of them merge exactly as Chan, Golub and
// LeVeque (1979) do, which keeps small deviations around a large mean.
struct Moments {
  double n = 0, mean = 0, squares = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
  std::int64_t non_finite = -1;

  void merge(const Moments& other) {
    if (other.n > 0) {
      const double total = n + other.n, delta = other.mean - mean;
      squares += other.squares + delta * delta * n * other.n / total;
      mean += delta * other.n / total;
      n = total;
      min = std::min(min, other.min);
      max = std::max(max, other.max);
    }
    if (non_finite < 0) non_finite = other.non_finite;
  }
};

template <class T>
Moments scan_chunk(const T* values, std::int64_t first, std::int64_t count, std::int64_t stride,
                   double scale) {
  Moments m;
  double sum = 0, low = m.min, high = m.max;
  for (std::int64_t i = 0; i < count; ++i) {
    const double v = scale * static_cast<double>(values[first + i * stride]);
    sum += v;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (!std::isfinite(sum)) {  // rarely: find the place
    for (std::int64_t i = 0; i < count && m.non_finite < 0; ++i) {
      const std::int64_t at = first + i * stride;
      if (!std::isfinite(static_cast<double>(values[at]))) m.non_finite = at;
    }
    if (m.non_finite >= 0) return m;
  }
  m.n = static_cast<double>(count);
  m.mean = sum / m.n;
  m.min = low;
  m.max = high;
  for (std::int64_t i = 0; i < count; ++i) {
    const double d = scale * static_cast<double>(values[first + i * stride]) - m.mean;
    m.squares += d * d;
  }
  return m;
}

ValueScan result_of(const Moments& m) {
  return {static_cast<std::int64_t>(m.n),           m.min,       m.max, m.mean,
          m.n > 0 ? std::sqrt(m.squares / m.n) : 0, m.non_finite};
}

}  // namespace

ValueScan scan_values(const Workers& workers, const Tensor& x, double scale) {
  constexpr std::int64_t chunk = 16384;
  const std::int64_t n = x.numel(), chunks = (n + chunk - 1) / chunk;
  std::vector<Moments> parts(static_cast<std::size_t>(chunks));
  visit_dtype(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* values = x.values<T>().data();
    workers.for_each(chunks, 2.0 * chunk, [&](std::int64_t c) {
      const std::int64_t first = c * chunk;
      parts[static_cast<std::size_t>(c)] =
          scan_chunk(values, first, std::min(chunk, n - first), 1, scale);
    });
  });
  Moments all;
  for (const Moments& part : parts) all.merge(part);
  return result_of(all);
}

ValueScan scan_strided(const Tensor& x, std::int64_t first, std::int64_t count, std::int64_t stride,
                       double scale) {
  return visit_dtype(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    return result_of(scan_chunk(x.values<T>().data(), first, count, stride, scale));
  });
}

}  // namespace minnow
