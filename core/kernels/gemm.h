#pragma once

#include <cstdint>

#include "activation.h"

namespace minnow::kernels {

/// What happens to a product on its way to memory: y = f(product + bias). The activation works on
/// single numbers (not softmax).
struct Epilogue {
  const float* bias = nullptr;  ///< one number for each column, or null
  ActivationFn activation = {};
  /// Of a product that is a gradient: takes the place of the activation. gemm's only, whose rows
  /// are saved so far apart as they are written.
  const Derivative* derivative = nullptr;
};

/// An operand as it lies in memory: rows of `stride` floats, read as its transpose where asked.
struct Operand {
  const float* data;
  std::int64_t stride;
  bool transposed = false;
};

struct GemmSize {
  std::int64_t m, n, k;
};

/// C (m x n, rows of c_stride) = epilogue(A B), A being m x k and B k x n after their
/// transposition. With `accumulate` C += A B instead, and the epilogue must be empty; without it
/// what C held (NaN, say) does not matter. k = 0 gives epilogue(0). Each element is summed in an
/// order that depends on the sizes only.
void gemm(const Workers& workers, const GemmSize& size, const Operand& a, const Operand& b,
          float* c, std::int64_t c_stride, bool accumulate, const Epilogue& epilogue = {});

/// out[j] = (accumulate ? out[j] : 0) + sum over i of x[i][j]; x is rows x cols. The bias gradient.
void sum_rows(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
              float* out, bool accumulate);

}  // namespace minnow::kernels
