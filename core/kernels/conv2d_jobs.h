#pragma once

#include <cstdint>

#include "conv2d.h"

// Internal to core/kernels: what the convolutions hand to their code for each instruction set.
namespace minnow::kernels {

struct KernelGradientJob {
  const Conv2DSize& size;
  std::int64_t batch;
  const float* x;
  const float* dy;
  float* dkernel;
  float* dbias;  // or null
  bool accumulate;
};

struct InputGradientJob {
  const Conv2DSize& size;
  const float* dy;
  const float* kernel;
  float* dx;
};

/// to[i to_next + q] = the sum over t < terms of from[i from_next + offsets[t] + q], in their
/// order, for i < places and q < numbers. Up to a register's numbers are read behind those.
struct SumsJob {
  std::int64_t places, numbers, terms;
  const std::int64_t* offsets;
  const float* from;
  std::int64_t from_next;
  float* to;
  std::int64_t to_next;
};

struct WinogradForwardJob {
  const Conv2DSize& size;
  const float* x;
  const float* kernel;
  const float* bias;  // or null
  bool positive;      // relu of the sums
  float* y;
};

}  // namespace minnow::kernels
