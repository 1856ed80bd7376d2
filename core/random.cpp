#include "core/random.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/error.h"

namespace minnow {

Tensor uniform(const Shape& shape, Rng& rng, float low, float high) {
  if (!(low < high) || !std::isfinite(low) || !std::isfinite(high)) {
    throw InvalidArgument({"uniform", "low, high", "finite numbers with low < high",
                           fmt::format("{} and {}", low, high), ""});
  }
  Tensor result(shape);
  const double width = double{high} - double{low};
  for (float& v : result.mutable_values<float>()) {
    v = static_cast<float>(low + double{rng.uniform()} * width);
    if (v >= high) v = std::nextafter(high, low);  // rounding to float can reach the bound
  }
  return result;
}

Tensor normal(const Shape& shape, Rng& rng, float mean, float stddev) {
  if (!(stddev >= 0) || !std::isfinite(mean) || !std::isfinite(stddev)) {
    throw InvalidArgument({"normal", "mean, stddev", "finite numbers with stddev >= 0",
                           fmt::format("{} and {}", mean, stddev), ""});
  }
  Tensor result(shape);
  for (float& v : result.mutable_values<float>()) {
    v = static_cast<float>(mean + double{stddev} * rng.normal());
  }
  return result;
}

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, Rng& rng) {
  if (low >= high) {
    throw InvalidArgument(
        {"randint", "low, high", "low < high", fmt::format("{} and {}", low, high), ""});
  }
  Tensor result(shape, DType::int64);
  const auto first = static_cast<std::uint64_t>(low);  // unsigned: the width may need 64 bits
  const std::uint64_t width = static_cast<std::uint64_t>(high) - first;
  for (std::int64_t& v : result.mutable_values<std::int64_t>()) {
    v = static_cast<std::int64_t>(first + rng.below(width));
  }
  return result;
}

Tensor permutation(std::int64_t n, Rng& rng) {
  if (n < 0) {
    throw InvalidArgument({"permutation", "n", "a number of at least 0", fmt::format("{}", n), ""});
  }
  Tensor result = arange(n);
  const auto values = result.mutable_values<std::int64_t>();
  for (std::size_t last = values.size(); last > 1; --last) {
    std::swap(values[last - 1], values[rng.below(last)]);
  }
  return result;
}

}  // namespace minnow
