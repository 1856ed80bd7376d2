#pragma once

#include <cstdint>

namespace minnow {
class Workers;

namespace kernels {

/// What a regularizer adds to the loss for n weights: l1 sum |w| + l2 sum w^2.
struct Penalty {
  float l1 = 0, l2 = 0;
};

/// Its value, added up in an order that depends on n only.
double penalty(const Workers& workers, std::int64_t n, const Penalty& p, const float* w);
/// g += l1 sign(w) + 2 l2 w, its derivative; sign(0) is 0.
void add_penalty_gradient(const Workers& workers, std::int64_t n, const Penalty& p, const float* w,
                          float* g);

}  // namespace kernels
}  // namespace minnow
