#pragma once

#include <cstdint>

namespace minnow {

/// How the targets of an output are written down.
enum class TargetKind : std::uint8_t {
  labels,   ///< one class number where the output has a row of scores
  numbers,  ///< the same shape as the output
};

/// What a loss asks of its targets; the door of fit checks it, value by value.
struct TargetRule {
  TargetKind kind = TargetKind::numbers;
  bool unit_interval = false;  ///< every number in [0, 1]
  bool one_hot = false;        ///< rows are distributions over classes: a (N,) target is a mistake
};

}  // namespace minnow
