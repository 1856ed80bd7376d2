#pragma once

#include "../parallel.h"
#include "../tensor.h"

namespace minnow {

/// Whether no value of a float32 tensor is NaN or infinite.
bool all_finite(const Workers& workers, const Tensor& x);

}  // namespace minnow
