#pragma once

#include <array>
#include <cstdint>

namespace minnow {
class Workers;

namespace kernels {

/// A weight's axes as they lie in memory, outermost first, and along which its norms are taken.
struct NormAxes {
  struct Axis {
    std::int64_t size = 1;
    bool along = false;
  };
  int rank = 0;
  std::array<Axis, 8> axes{};
};

/// What the norms are brought to: w *= (rate clip(norm, low, high) + (1 - rate) norm) /
/// (norm + 1e-7), or for `unit` w /= norm + 1e-7.
struct NormBounds {
  float low = 0, high = 0, rate = 1;
  bool unit = false;
};

/// Squares are added up in double, in an order that depends on the sizes only.
void bound_norms(const Workers& workers, const NormAxes& axes, const NormBounds& bounds, float* w);
/// w = max(w, 0).
void clip_below_zero(const Workers& workers, std::int64_t n, float* w);

}  // namespace kernels
}  // namespace minnow
