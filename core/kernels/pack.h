#pragma once

#include <algorithm>
#include <cstdint>

#include "../parallel.h"
#include "gemm.h"

// Internal to core/kernels: copies of operands in the order in which tiles read them.
namespace minnow::kernels {

/// out[(k - terms.begin) width + j] = B[k][first + j] for the terms k and j < columns, in panels of
/// `width` columns one behind the other; what stands in the other places of `out` stays. `width` is
/// a multiple of a register's where there are several.
void pack_columns(const Operand& b, Span terms, std::int64_t first, std::int64_t columns,
                  std::int64_t width, float* out);

/// The same with zeros in the columns that the last panel lacks: whole registers of it may be read.
inline void pack_panels(const Operand& b, Span terms, std::int64_t first, std::int64_t columns,
                        std::int64_t width, float* out) {
  const std::int64_t full = columns / width * width;
  if (full < columns) std::fill_n(out + full * terms.size(), width * terms.size(), 0.0F);
  pack_columns(b, terms, first, columns, width, out);
}

}  // namespace minnow::kernels
