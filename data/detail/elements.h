#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../../core/tensor.h"
#include "byte_stream.h"

namespace minnow::detail {

/// A tensor of the sizes and the dtype that a file states, filled from it. `swap`: the file has
/// the other byte order. Throws InvalidArgument for more than 8 axes, DataLoss where the sizes are
/// more than the stream can hold, before any memory is taken for them.
Tensor read_elements(StreamReader& reader, std::span<const std::int64_t> sizes, DType dtype,
                     bool swap);

/// The same elements, which stand in column-major order, in row-major order.
Tensor from_column_major(const Tensor& tensor);

}  // namespace minnow::detail
