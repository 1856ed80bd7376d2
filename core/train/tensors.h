#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
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

/// One of something for all outputs of a model, one for each of them in order, or one under the
/// name of each.
template <class T>
class PerOutput : public OneOrMore<T> {
 public:
  using Named = std::pair<std::string, T>;

  using OneOrMore<T>::OneOrMore;
  PerOutput() = default;
  PerOutput(std::initializer_list<Named> named) : PerOutput(std::vector<Named>(named)) {}
  PerOutput(const std::vector<Named>& named) : OneOrMore<T>(values_of(named)) {
    for (const Named& entry : named) names_.push_back(entry.first);
  }

  /// One for each value, or none where they are in the order of the outputs.
  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  static std::vector<T> values_of(const std::vector<Named>& named) {
    std::vector<T> values;
    for (const Named& entry : named) values.push_back(entry.second);
    return values;
  }

  std::vector<std::string> names_;
};

}  // namespace minnow
