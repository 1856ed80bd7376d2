#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <utility>
#include <vector>

namespace minnow {

/// One or several of something, for calls that take "x or a list of x": made from one value,
/// from {a, b}, or from a vector.
template <class T>
class OneOrMore {
 public:
  OneOrMore() = default;
  template <std::convertible_to<T> U>
  OneOrMore(U&& item) : items_{T(std::forward<U>(item))} {}
  OneOrMore(std::initializer_list<T> items) : items_(items) {}
  OneOrMore(std::vector<T> items) : items_(std::move(items)) {}

  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  const T& operator[](std::size_t i) const { return items_[i]; }
  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }
  const std::vector<T>& items() const noexcept { return items_; }

 private:
  std::vector<T> items_;
};

}  // namespace minnow
