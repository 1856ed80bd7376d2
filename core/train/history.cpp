#include "core/train/history.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace minnow {
namespace {

template <class Entries>
[[noreturn]] void not_found(std::string_view where, std::string_view name, const Entries& entries) {
  std::string known;
  for (const auto& [key, value] : entries) known += (known.empty() ? "" : ", ") + key;
  throw NotFound(where, fmt::format("expected one of: {}; got '{}'.", known, name));
}

}  // namespace

double Logs::operator[](std::string_view name) const {
  for (const auto& [key, value] : entries_) {
    if (key == name) return value;
  }
  not_found("Logs", name, entries_);
}

bool Logs::contains(std::string_view name) const noexcept {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.first == name; });
}

void Logs::set(std::string_view name, double value) {
  for (auto& [key, old] : entries_) {
    if (key == name) {
      old = value;
      return;
    }
  }
  entries_.emplace_back(name, value);
}

const std::vector<double>& History::operator[](std::string_view key) const {
  const auto found = values.find(key);
  if (found == values.end()) not_found("History", key, values);
  return found->second;
}

}  // namespace minnow
