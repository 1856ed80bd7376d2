#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/convert.h"
#include "core/error.h"
#include "core/tensor.h"

namespace minnow {
namespace {

// "whole numbers from 0 to 255, as uint8 holds": what an integer dtype takes.
template <Element T>
std::string range_text() {
  return fmt::format("whole numbers from {} to {}, as {} holds", std::numeric_limits<T>::min(),
                     std::numeric_limits<T>::max(), name(dtype_of<T>()));
}

template <Element T>
T element(const NestedList& number, const char* where) {
  const std::int64_t i = number.integer();
  if (std::is_same_v<T, bool>) return number.real() != 0;
  if (number.is_integer() && std::is_integral_v<T>) {
    if (static_cast<std::int64_t>(static_cast<T>(i)) == i) return static_cast<T>(i);
    throw InvalidArgument({where, "value", range_text<T>(), fmt::format("{}", i), ""});
  }
  if (number.is_integer()) return static_cast<T>(i);
  if (!holds<T>(number.real())) {
    throw InvalidArgument({where, "value", range_text<T>(), fmt::format("{}", number.real()), ""});
  }
  return convert<T>(number.real());
}

std::string describe(const NestedList& list) {
  return list.is_list() ? fmt::format("a list of {}", list.items().size()) : "a number";
}

[[noreturn]] void ragged(const NestedList& expected, const NestedList& got, std::size_t depth) {
  throw InvalidArgument(
      {"tensor", "values",
       fmt::format("{} on axis {}, as the first there", describe(expected), depth), describe(got),
       ""});
}

// The shape is that of the first elements all the way down; every list is then held against it.
std::vector<std::int64_t> shape_of(const NestedList& list) {
  std::vector<std::int64_t> dims;
  for (const NestedList* at = &list; at->is_list(); at = &at->items().front()) {
    dims.push_back(static_cast<std::int64_t>(at->items().size()));
    if (at->items().empty()) break;
  }
  return dims;
}

template <Element T>
void fill(const NestedList& list, const NestedList& first, std::size_t depth, T*& to) {
  if (list.is_list() != first.is_list() || list.items().size() != first.items().size()) {
    ragged(first, list, depth);
  }
  if (!list.is_list()) {
    *to++ = element<T>(list, "tensor");
    return;
  }
  for (const NestedList& item : list.items()) fill(item, first.items().front(), depth + 1, to);
}

}  // namespace

Tensor tensor(const NestedList& values, DType dtype) {
  Tensor result(Shape(shape_of(values)), dtype);
  visit_dtype(dtype, [&](auto zero) {
    auto* to = result.mutable_values<decltype(zero)>().data();
    fill(values, values, 0, to);
  });
  return result;
}

Tensor full(const Shape& shape, double value, DType dtype) {
  Tensor result(shape, dtype);
  visit_dtype(dtype, [&](auto zero) {
    using T = decltype(zero);
    std::ranges::fill(result.mutable_values<T>(), element<T>(value, "full"));
  });
  return result;
}

Tensor arange(std::int64_t n, DType dtype) {
  if (n < 0) {
    throw InvalidArgument({"arange", "n", "a number of at least 0", fmt::format("{}", n), ""});
  }
  Tensor result(Shape{n}, dtype);
  visit_dtype(dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      constexpr auto last = static_cast<std::int64_t>(std::numeric_limits<T>::max());
      if (n - 1 > last) {
        throw InvalidArgument({"arange", "n",
                               fmt::format("the last to be at most {} for {}", last, name(dtype)),
                               fmt::format("{} - 1", n), ""});
      }
    }
    std::int64_t next = 0;
    std::ranges::generate(result.mutable_values<T>(), [&] { return static_cast<T>(next++); });
  });
  return result;
}

}  // namespace minnow
