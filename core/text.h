#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace minnow {

/// The candidate nearest to `word` in edit distance where it is near enough to be what was meant
/// (at most a third of the word's letters differ, case apart), else empty.
std::string_view nearest_name(std::string_view word, std::span<const std::string_view> candidates);

/// "Did you mean 'adam'? Known: adam, sgd." for messages about an unknown name.
std::string suggest_name(std::string_view word, std::span<const std::string_view> candidates);

/// "a, b, c". fmt's join would bring along the code of each kind of list that is joined.
std::string joined(std::span<const std::string_view> texts, std::string_view between = ", ");
std::string joined(std::span<const std::string> texts, std::string_view between = ", ");
std::string joined(std::span<const std::int64_t> numbers, std::string_view between = ", ");
std::string joined(std::span<const float> numbers, std::string_view between = ", ");

/// 1234567 -> "1,234,567".
std::string group_digits(std::int64_t value);

/// Bytes as Keras's summary prints them: "846.29 KB", "0.00 B".
std::string readable_bytes(std::int64_t bytes);

}  // namespace minnow
