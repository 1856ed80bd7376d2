// Internal to core/kernels: the look for NaN and infinity. Compiled once for each of Highway's
// targets, so the include guard is one for each.
#if defined(MINNOW_CORE_KERNELS_FINITE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_FINITE_INL_H_
#undef MINNOW_CORE_KERNELS_FINITE_INL_H_
#else
#define MINNOW_CORE_KERNELS_FINITE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

/// Looks at numbers and tells whether all of them were finite: 0 x is 0 for every finite x, else
/// NaN, and NaN stays in a sum.
class FiniteCheck {
  using D = hwy::HWY_NAMESPACE::ScalableTag<float>;
  using V = hwy::HWY_NAMESPACE::Vec<D>;

 public:
  static constexpr std::int64_t lanes = HWY_LANES(float);
  /// Numbers that look_at_step takes: four registers, whose sums do not wait for one another.
  static constexpr std::int64_t step = 4 * lanes;

  HWY_INLINE FiniteCheck() { a_ = b_ = c_ = d_ = zero_ = hwy::HWY_NAMESPACE::Zero(D()); }
  HWY_INLINE void look_at(V a, V b, V c, V d) {
    a_ = hwy::HWY_NAMESPACE::MulAdd(a, zero_, a_);
    b_ = hwy::HWY_NAMESPACE::MulAdd(b, zero_, b_);
    c_ = hwy::HWY_NAMESPACE::MulAdd(c, zero_, c_);
    d_ = hwy::HWY_NAMESPACE::MulAdd(d, zero_, d_);
  }
  HWY_INLINE void look_at_step(const float* x) {
    namespace hn = hwy::HWY_NAMESPACE;
    const D d;
    look_at(hn::LoadU(d, x), hn::LoadU(d, x + lanes), hn::LoadU(d, x + 2 * lanes),
            hn::LoadU(d, x + 3 * lanes));
  }
  HWY_INLINE void look_at(float x) { rest_ += 0 * x; }
  HWY_INLINE bool finite() const {
    namespace hn = hwy::HWY_NAMESPACE;
    const V sum = hn::Add(hn::Add(a_, b_), hn::Add(c_, d_));
    return rest_ == 0 && hn::AllTrue(D(), hn::Eq(sum, zero_));
  }

 private:
  V a_, b_, c_, d_, zero_;
  float rest_ = 0;
};

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
