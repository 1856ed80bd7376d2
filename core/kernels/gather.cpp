#include <cstring>
#include <type_traits>

#include "core/kernels/elementwise.h"
#include "core/parallel.h"

namespace minnow::kernels {

template <class Source>
void gather_rows(const Workers& workers, const Gather& g, const Source* src, float* dst) {
  workers.for_each(g.count, 5 + 0.3 * static_cast<double>(g.row_size), [&](std::int64_t i) {
    const std::int64_t row = g.rows == nullptr ? g.first + i : g.rows[i];
    const Source* __restrict from = src + row * g.row_size;
    float* __restrict to = dst + i * g.row_size;
    if constexpr (std::is_same_v<Source, float>) {
      if (g.scale == 1) {
        std::memcpy(to, from, static_cast<std::size_t>(g.row_size) * sizeof(float));
        return;
      }
    }
    for (std::int64_t j = 0; j < g.row_size; ++j) to[j] = g.scale * static_cast<float>(from[j]);
  });
}

// The element types of a Tensor.
template void gather_rows(const Workers&, const Gather&, const float*, float*);
template void gather_rows(const Workers&, const Gather&, const double*, float*);
template void gather_rows(const Workers&, const Gather&, const std::int32_t*, float*);
template void gather_rows(const Workers&, const Gather&, const std::int64_t*, float*);
template void gather_rows(const Workers&, const Gather&, const std::uint8_t*, float*);
template void gather_rows(const Workers&, const Gather&, const bool*, float*);

}  // namespace minnow::kernels
