#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "../kernels/elementwise.h"
#include "../kernels/gemm.h"
#include "../parallel.h"

namespace minnow {

/// What the forward pass of one layer is handed. All memory is in place.
struct ForwardRun {
  const Workers& workers;
  std::int64_t rows;                      ///< rows of this batch
  std::span<const float* const> inputs;   ///< each rows x input shape
  float* output;                          ///< rows x output shape, before the activation
  std::span<const float* const> weights;  ///< as declared
  const float* weight(std::size_t i) const { return weights[i]; }
  ActivationFn epilogue;  ///< to apply on the way out; linear unless the layer takes epilogues
  std::byte* saved;       ///< as declared; null in inference
  std::byte* scratch;     ///< as declared
  bool training;
  kernels::NoiseKey noise;  ///< for this use of the layer in this step
  /// The output is read by threads that share a row's numbers, not the rows.
  bool in_bands = false;
};

/// What the backward pass of one layer is handed. Null pointers are not asked for or not there.
struct BackwardRun {
  const Workers& workers;
  std::int64_t rows;
  std::span<const float* const> inputs;  ///< null unless keeps_inputs
  const float* output;                   ///< null unless keeps_output; before the activation
  const float* d_output;                 ///< d loss / d output, before the activation
  std::span<float* const> d_inputs;      ///< to overwrite; null where nobody asks
  std::span<const float* const> weights;
  std::span<float* const> d_weights;  ///< null for what is not trained
  bool accumulate;                    ///< weight gradients add to what is there
  const std::byte* saved;
  std::byte* scratch;
  kernels::NoiseKey noise;  ///< the forward pass's
  /// To multiply the one input's gradient by, where the layer takes it; else null.
  const kernels::Derivative* derivative = nullptr;
};

/// What finish_step is handed.
struct FinishRun {
  const Workers& workers;
  std::int64_t rows;
  std::span<float* const> weights;
  const std::byte* saved;
};

}  // namespace minnow
