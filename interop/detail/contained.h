#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace minnow::detail {

/// How far a contained computation may go.
struct ContainedLimits {
  std::size_t memory = std::size_t{1} << 28;  ///< bytes beside what the process has already
  std::chrono::seconds time{60};
};

/// What `work` returns, computed in a process of its own: for libraries that may crash, loop or
/// grow on damaged input. Nothing where the process died or overran its limits. `work` must not use
/// OpenMP, whose threads a forked process lacks. Throws IoError where no process can be had.
std::optional<std::string> run_contained(const std::function<std::string()>& work,
                                         const ContainedLimits& limits = {});

}  // namespace minnow::detail
