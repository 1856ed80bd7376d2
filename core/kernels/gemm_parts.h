#pragma once

#include <cstdint>

#include "gemm.h"

// Internal to core/kernels: what gemm and sum_rows share with their code for each instruction set.
namespace minnow::kernels {

struct Product {
  GemmSize size;
  Operand a, b;
  float* c;
  std::int64_t c_stride;
  bool accumulate;
  const Epilogue* epilogue;
};

constexpr std::int64_t block_columns = 64;  // that sum_rows adds up at a time
constexpr std::int64_t block_rows = 64;     // rows that it adds up before they join the total

}  // namespace minnow::kernels
