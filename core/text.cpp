#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace minnow {
namespace {

// ASCII only and free of the locale: names are.
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Letters inserted, left out, replaced, or swapped with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

template <class T>
std::string join(std::span<const T> items, std::string_view between) {
  std::string text;
  for (const T& item : items) {
    if (&item != items.data()) text += between;
    text += fmt::format("{}", item);
  }
  return text;
}

}  // namespace

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view nearest;
  std::size_t least = word.size() / 3 + 1;
  for (const std::string_view candidate : candidates) {
    // A difference in length alone can rule it out, and keeps hostile words cheap.
    if (candidate.size() >= word.size() + least || word.size() >= candidate.size() + least)
      continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string suggest_name(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view nearest = nearest_name(word, candidates);
  const std::string known =
      fmt::format("Known: {}.", candidates.empty() ? "none" : joined(candidates));
  return nearest.empty() ? known : fmt::format("Did you mean '{}'? {}", nearest, known);
}

std::string joined(std::span<const std::string_view> texts, std::string_view between) {
  return join(texts, between);
}

std::string joined(std::span<const std::string> texts, std::string_view between) {
  return join(texts, between);
}

std::string joined(std::span<const std::int64_t> numbers, std::string_view between) {
  return join(numbers, between);
}

std::string joined(std::span<const float> numbers, std::string_view between) {
  return join(numbers, between);
}

std::string group_digits(std::int64_t value) {
  const std::string digits = fmt::format("{}", value);
  const std::size_t sign = value < 0 ? 1 : 0;
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > sign && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string readable_bytes(std::int64_t bytes) {
  constexpr std::array<std::string_view, 6> units = {"B", "KB", "MB", "GB", "TB", "PB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while ((size >= 1024 || size <= -1024) && unit + 1 < units.size()) {
    size /= 1024;
    ++unit;
  }
  return fmt::format("{:.2f} {}", size, units[unit]);
}

}  // namespace minnow
