#pragma once

#include <cstdint>

#include "../kernels/elementwise.h"
#include "../parallel.h"
#include "../tensor.h"

namespace minnow {

// Taking a batch out of a data set. `gather.row_size` is filled in from the tensor; the rows are
// in range and the values convertible: the door saw to it.

/// Rows of any dtype as float, times gather.scale.
void gather_floats(const Workers& workers, kernels::Gather gather, const Tensor& data, float* out);

/// Rows of whole numbers of any dtype as class numbers.
void gather_labels(const kernels::Gather& gather, const Tensor& data, std::int32_t* out);

}  // namespace minnow
