#include "core/graph/batch.h"

namespace minnow {

void gather_floats(const Workers& workers, kernels::Gather gather, const Tensor& data, float* out) {
  gather.row_size = data.numel() / data.rows();
  visit_dtype(data.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::gather_rows<T>(workers, gather, data.values<T>().data(), out);
  });
}

void gather_labels(const kernels::Gather& gather, const Tensor& data, std::int32_t* out) {
  const std::int64_t size = data.numel() / data.rows();
  visit_dtype(data.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* values = data.values<T>().data();
    for (std::int64_t i = 0; i < gather.count; ++i) {
      const std::int64_t row = gather.rows != nullptr ? gather.rows[i] : gather.first + i;
      for (std::int64_t j = 0; j < size; ++j) {
        out[i * size + j] = static_cast<std::int32_t>(values[row * size + j]);
      }
    }
  });
}

}  // namespace minnow
