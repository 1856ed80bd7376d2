#pragma once

#include <cstdint>
#include <span>

#include "spread.h"

namespace minnow {
class Workers;

/// How several tensors become one, number by number and in their order.
enum class MergeKind : std::uint8_t { add, subtract, multiply, average, maximum, minimum };

namespace kernels {

/// Inputs that are merged: input i has rows x spreads[i].small_numel numbers. The output has
/// rows x spreads[i].numel.
struct MergeJob {
  MergeKind kind;
  std::int64_t rows;
  std::span<const Spread> spreads;
  std::span<const float* const> inputs;
};

void merge_forward(const Workers& workers, const MergeJob& job, float* y);

/// dx of input `k` from dy, summed where one number served several; of equals the first is the
/// maximum (minimum), as in TensorFlow. Needs the inputs for the kinds that multiply or choose.
void merge_backward(const Workers& workers, const MergeJob& job, std::size_t k, const float* dy,
                    float* dx);

}  // namespace kernels
}  // namespace minnow
