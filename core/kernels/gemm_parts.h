#pragma once

#include <cstdint>

#include "gemm.h"

// Internal to core/kernels: what gemm hands to its code for each instruction set.
namespace minnow::kernels {

struct Product {
  GemmSize size;
  Operand a, b;
  float* c;
  std::int64_t c_stride;
  bool accumulate;
  const Epilogue* epilogue;
};

}  // namespace minnow::kernels
