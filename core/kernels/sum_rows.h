#pragma once

#include <cstdint>

// Internal to core/kernels: sums of columns, of which sum_rows is made.
namespace minnow::kernels {

constexpr std::int64_t block_columns = 64;  // that sum_rows adds up at a time
constexpr std::int64_t block_rows = 64;     // rows that it adds up before they join the total

/// out[j] = sum over i < rows of x[i stride + j] for at most block_columns columns.
void sum_columns(std::int64_t rows, std::int64_t cols, std::int64_t stride, const float* x,
                 double* out);

}  // namespace minnow::kernels
