#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/kernels/gemm.h"
#include "core/parallel.h"
#include "tests/support/numbers.h"
#include "tests/support/oracle.h"

namespace minnow::test {

// One product: dense operands, and how they lie in memory.
struct GemmCase {
  kernels::GemmSize size;
  bool a_transposed = false, b_transposed = false;
  bool accumulate = false;
  std::int64_t extra = 0;  // numbers between rows that belong to nobody
  bool bias = false;
  ActivationFn activation = {};
};

// rows x cols numbers laid out with a stride, perhaps transposed; NaN where nobody should read.
struct Laid {
  std::vector<float> memory;
  kernels::Operand operand;
};
inline Laid lay_out(const std::vector<float>& dense, std::int64_t rows, std::int64_t cols,
                    bool transposed, std::int64_t extra) {
  const std::int64_t stride = (transposed ? rows : cols) + extra;
  Laid laid{all_nan((transposed ? cols : rows) * stride), {}};
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < cols; ++j) {
      const std::int64_t at = transposed ? j * stride + i : i * stride + j;
      laid.memory[static_cast<std::size_t>(at)] = dense[static_cast<std::size_t>(i * cols + j)];
    }
  }
  laid.operand = {laid.memory.data(), stride, transposed};
  return laid;
}

struct Outcome {
  std::vector<double> expected;
  std::vector<float> actual;  // m x n
  bool between_untouched;     // what lies between the rows of C
};

inline Outcome run(const GemmCase& c, int threads = 1) {
  const auto [m, n, k] = c.size;
  const auto a = random_numbers(m * k, 1), b = random_numbers(k * n, 2);
  const auto bias = random_numbers(n, 3), old = random_numbers(m * n, 4);
  const std::int64_t stride = n + c.extra;
  std::vector<float> memory = all_nan(m * stride);
  if (c.accumulate) memory = lay_out(old, m, n, false, c.extra).memory;
  const Laid laid_a = lay_out(a, m, k, c.a_transposed, c.extra);
  const Laid laid_b = lay_out(b, k, n, c.b_transposed, 2 * c.extra);
  const kernels::Epilogue epilogue{c.bias ? bias.data() : nullptr, c.activation};
  kernels::gemm(Workers(threads), c.size, laid_a.operand, laid_b.operand, memory.data(), stride,
                c.accumulate, epilogue);

  Outcome out{oracle::product(m, n, k, widen(a), widen(b)), {}, true};
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < stride; ++j) {
      const float v = memory[static_cast<std::size_t>(i * stride + j)];
      if (j >= n) {
        out.between_untouched = out.between_untouched && std::isnan(v);
        continue;
      }
      double& e = out.expected[static_cast<std::size_t>(i * n + j)];
      if (c.accumulate) e += old[static_cast<std::size_t>(i * n + j)];
      if (c.bias) e += bias[static_cast<std::size_t>(j)];
      e = oracle::activate(c.activation, e);
      out.actual.push_back(v);
    }
  }
  return out;
}

}  // namespace minnow::test
