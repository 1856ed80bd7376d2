#include "core/graph/finite.h"

#include "core/kernels/elementwise.h"

namespace minnow {

bool all_finite(const Workers& workers, const Tensor& x) {
  return kernels::all_finite(workers, x.numel(), x.values<float>().data());
}

}  // namespace minnow
