#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace minnow {

/// Named results in the order in which they are shown: {{"accuracy", 0.9}, {"loss", 0.3}}.
class Logs {
 public:
  using Entry = std::pair<std::string, double>;

  /// The value of that name. Throws NotFound, listing the names there are.
  double operator[](std::string_view name) const;
  bool contains(std::string_view name) const noexcept;
  void set(std::string_view name, double value);
  /// Gives the entry at that place a new value.
  void replace(std::size_t place, double value) { entries_[place].second = value; }

  const std::vector<Entry>& entries() const noexcept { return entries_; }
  auto begin() const noexcept { return entries_.begin(); }
  auto end() const noexcept { return entries_.end(); }
  std::size_t size() const noexcept { return entries_.size(); }

  friend bool operator==(const Logs&, const Logs&) = default;

 private:
  std::vector<Entry> entries_;
};

/// What `fit` returns: the results of every epoch under Keras's keys (accuracy, loss,
/// val_accuracy, val_loss, ...), and what there was to warn of.
struct History {
  std::vector<std::int64_t> epoch;  ///< epoch numbers, from 0
  std::map<std::string, std::vector<double>, std::less<>> values;
  std::vector<std::string> warnings;

  /// The values of a key, one for each epoch. Throws NotFound, listing the keys there are.
  const std::vector<double>& operator[](std::string_view key) const;
  bool contains(std::string_view key) const noexcept { return values.contains(key); }

  friend bool operator==(const History&, const History&) = default;
};

}  // namespace minnow
