#pragma once

#include <algorithm>
#include <cstdint>

#include "../tensor.h"

// Internal to core/train: the values of a tensor of any dtype.
namespace minnow {

/// Index of the first value that `bad` says yes to, or -1.
template <class Bad>
std::int64_t find_value(const Tensor& y, Bad bad) {
  return visit_dtype(y.dtype(), [&](auto zero) -> std::int64_t {
    using T = decltype(zero);
    const auto values = y.values<T>();
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](T v) { return bad(static_cast<double>(v)); });
    return found == values.end() ? -1 : found - values.begin();
  });
}

/// The value at an index.
inline double value_at(const Tensor& y, std::int64_t index) {
  return visit_dtype(y.dtype(), [&](auto zero) {
    return static_cast<double>(y.values<decltype(zero)>()[static_cast<std::size_t>(index)]);
  });
}

}  // namespace minnow
