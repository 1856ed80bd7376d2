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

/// sums[(i registers + j) lanes + q] (+)= sum over p < places of dy[p dy_row + i]
/// x[first[p] + column[j] + q], for filters i and registers j. Behind the first `whole` places only
/// count[j] numbers are read, and only so many sums are right.
struct FewFiltersJob {
  static constexpr int most_registers = 5;

  std::int64_t filters, registers, places, whole;
  const std::int64_t* first;
  const float* x;
  std::int64_t column[most_registers], count[most_registers];
  const float* dy;
  std::int64_t dy_row;
  float* sums;
  bool add;
};

/// What an instruction set takes of it at a time: one of two numbers of registers, and so many
/// filters.
struct FewFiltersTiles {
  int lanes, narrow, wide, most_rows;
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
