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

/// to[i to_next + q] += from[i from_next + q] for i < runs and q < numbers: for every apart-th i,
/// then for those beside them, and so on.
struct RunsJob {
  const float* from;
  std::int64_t from_next;
  float* to;
  std::int64_t to_next;
  std::int64_t numbers, runs, apart;
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
