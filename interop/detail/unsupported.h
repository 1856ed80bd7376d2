#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../core/error.h"

namespace minnow::detail {

/// Gathers what a file asks for and minnow lacks, so that all of it is named at once.
class Unsupported {
 public:
  /// What f() returns, or nothing where it throws Unimplemented, which is kept.
  template <class F>
  auto attempt(F&& f) -> std::optional<decltype(f())> {
    try {
      return std::forward<F>(f)();
    } catch (const Unimplemented& error) {
      messages_.emplace_back(error.what());
      return std::nullopt;
    }
  }

  /// Throws Unimplemented where something was gathered: a single thing in its own words, several
  /// in a line each under "[where] name".
  void report(std::string_view where, std::string_view name) const;

 private:
  std::vector<std::string> messages_;
};

}  // namespace minnow::detail
