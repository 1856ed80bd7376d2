#include <algorithm>

#include "core/kernels/gemm.h"
#include "core/kernels/sum_rows.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/sum_rows.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

namespace {

// part[j] = sum over rows of x[i * stride + j] for k registers of columns, or the `count` first
// ones of a register.
template <int k, class Count>
HWY_INLINE void sum_registers(std::int64_t rows, std::int64_t stride, const float* x, Count count,
                              float* part) {
  Floats sum[k];
  unrolled<k>([&](auto v) HWY_ATTR { sum[v] = all(0); });
  for (std::int64_t i = 0; i < rows; ++i, x += stride) {
    unrolled<k>([&](auto v)
                    HWY_ATTR { sum[v] = hn::Add(sum[v], load(x + v * width, count, all(0))); });
  }
  unrolled<k>([&](auto v) HWY_ATTR { store(sum[v], part + v * width, count); });
}

}  // namespace

// out[j] = sum over rows of x[i * stride + j] for `cols` <= block_columns columns. Short float sums
// that meet in double keep the rounding error small where there are many rows.
void sum_block(std::int64_t rows, std::int64_t cols, std::int64_t stride,
               const float* HWY_RESTRICT x, double* HWY_RESTRICT out) {
  std::fill_n(out, cols, 0.0);
  for (std::int64_t begin = 0; begin < rows; begin += block_rows) {
    const std::int64_t some = std::min(rows - begin, block_rows);
    const float* from = x + begin * stride;
    float part[block_columns];
    std::int64_t j = 0;
    for (; j + 4 * width <= cols; j += 4 * width) {
      sum_registers<4>(some, stride, from + j, Int<width>{}, part + j);
    }
    for (; j + width <= cols; j += width) {
      sum_registers<1>(some, stride, from + j, Int<width>{}, part + j);
    }
    if constexpr (has_masks) {
      if (j < cols) sum_registers<1>(some, stride, from + j, cols - j, part + j);
    } else {
      for (; j < cols; ++j) {
        part[j] = 0;
        for (std::int64_t i = 0; i < some; ++i) part[j] += from[i * stride + j];
      }
    }
    for (j = 0; j < cols; ++j) out[j] += part[j];
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(sum_block);

void deliver(std::int64_t cols, const double* sum, float* out, bool accumulate) {
  for (std::int64_t j = 0; j < cols; ++j) {
    const auto v = static_cast<float>(sum[j]);
    out[j] = accumulate ? out[j] + v : v;
  }
}

}  // namespace

void sum_columns(std::int64_t rows, std::int64_t cols, std::int64_t stride, const float* x,
                 double* out) {
  HWY_DYNAMIC_DISPATCH(sum_block)(rows, cols, stride, x, out);
}

void sum_rows(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
              float* out, bool accumulate) {
  constexpr double ns_per_number = 0.2;
  if (cols > block_columns) {  // wide: each thread takes columns
    workers.for_each((cols + block_columns - 1) / block_columns,
                     ns_per_number * static_cast<double>(rows * block_columns),
                     [&](std::int64_t b) {
                       const std::int64_t first = b * block_columns;
                       const std::int64_t some = std::min(block_columns, cols - first);
                       double sum[block_columns];
                       sum_columns(rows, some, cols, rows > 0 ? x + first : x, sum);
                       deliver(some, sum, out + first, accumulate);
                     });
    return;
  }
  // Narrow: pieces of the rows, their number following from the rows, whoever computes them.
  constexpr std::int64_t most_pieces = 16;
  const std::int64_t pieces = std::clamp<std::int64_t>(rows / block_rows, 1, most_pieces);
  double sums[most_pieces][block_columns];
  workers.for_each(pieces, ns_per_number * static_cast<double>(rows * cols / pieces),
                   [&](std::int64_t p) {
                     const Span part = split(rows, pieces, p);
                     sum_columns(part.size(), cols, cols, x + part.begin * cols, sums[p]);
                   });
  double sum[block_columns] = {};
  for (std::int64_t p = 0; p < pieces; ++p) {
    for (std::int64_t j = 0; j < cols; ++j) sum[j] += sums[p][j];
  }
  deliver(cols, sum, out, accumulate);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
