#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "dtype.h"

namespace minnow {

/// Whether `value`, rounded towards zero, lies in the range of the integer type T.
template <class T>
bool in_range(double value) noexcept {
  // max + 1 is a power of two and exact as a double; max itself may not be.
  constexpr double beyond = static_cast<double>(std::numeric_limits<T>::max() / 2 + 1) * 2;
  return std::trunc(value) >= static_cast<double>(std::numeric_limits<T>::min()) && value < beyond;
}

/// Whether T holds this number as it is: no fraction is lost and it is in range. Floats take any
/// number, rounded; bool tells zero from the rest.
template <Element T>
bool holds(double value) noexcept {
  if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, bool>) {
    return true;
  } else {
    return in_range<T>(value) && std::trunc(value) == value;
  }
}

/// One element to another type, with a defined answer everywhere: to bool whether it is not zero;
/// floats to integers round towards zero and saturate, NaN gives 0; integers wrap around.
template <Element To, Element From>
To convert(From value) noexcept {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(value)) return 0;
    if (in_range<To>(static_cast<double>(value))) return static_cast<To>(value);
    return value < 0 ? std::numeric_limits<To>::min() : std::numeric_limits<To>::max();
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace minnow
