#include "core/kernels/elementwise.h"
#include "core/parallel.h"

namespace minnow::kernels {

void add_to(const Workers& workers, std::int64_t n, const float* x, float* y) {
  workers.for_range(n, 0.25, [&](std::int64_t begin, std::int64_t end) {
    const float* __restrict from = x;
    float* __restrict to = y;
    for (std::int64_t i = begin; i < end; ++i) to[i] += from[i];
  });
}

}  // namespace minnow::kernels
