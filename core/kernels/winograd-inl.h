// Internal to core/kernels: the transforms of winograd.cpp, each of one patch and a register of
// channels or filters. Compiled once for each of Highway's targets, so the include guard is one for
// each.
#if defined(MINNOW_CORE_KERNELS_WINOGRAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_WINOGRAD_INL_H_
#undef MINNOW_CORE_KERNELS_WINOGRAD_INL_H_
#else
#define MINNOW_CORE_KERNELS_WINOGRAD_INL_H_
#endif

#include "registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

/// 4 x 4 registers, of which the smaller side of a transform fills the upper left.
struct Patch {
  Floats at[4][4];
};

/// d = B'd: what a patch of inputs is multiplied as.
struct Inputs {
  static constexpr int from = 4, to = 4;
  static HWY_INLINE void apply(Floats& a, Floats& b, Floats& c, Floats& d) {
    const Floats sum = hn::Add(b, c), difference = hn::Sub(c, b);
    a = hn::Sub(a, c), d = hn::Sub(b, d), b = sum, c = difference;
  }
};

/// m = A'm: the outputs of the products.
struct Outputs {
  static constexpr int from = 4, to = 2;
  static HWY_INLINE void apply(Floats& a, Floats& b, Floats& c, Floats& d) {
    a = hn::Add(hn::Add(a, b), c), b = hn::Sub(hn::Sub(b, c), d);
  }
};

/// g = Gg: what a kernel is multiplied as.
struct Kernels {
  static constexpr int from = 3, to = 4;
  static HWY_INLINE void apply(Floats& a, Floats& b, Floats& c, Floats& d) {
    const Floats half = hn::Set(hn::ScalableTag<float>(), 0.5F);
    const Floats ends = hn::Mul(half, hn::Add(a, c)), middle = hn::Mul(half, b);
    d = c, b = hn::Add(ends, middle), c = hn::Sub(ends, middle);
  }
};

/// Outputs' transpose, d = Ad, but for the last number's sign, which the products pass on to
/// InputDeltas and KernelDeltas.
struct OutputDeltas {
  static constexpr int from = 2, to = 4;
  static HWY_INLINE void apply(Floats& a, Floats& b, Floats& c, Floats& d) {
    c = hn::Sub(a, b), d = b, b = hn::Add(a, b);
  }
};

/// Inputs' transpose: d = Bd, the last number having the other sign.
struct InputDeltas {
  static constexpr int from = 4, to = 4;
  static HWY_INLINE void apply(Floats& a, Floats& b, Floats& c, Floats& d) {
    const Floats second = hn::Sub(hn::Sub(b, c), d), third = hn::Sub(hn::Add(b, c), a);
    b = second, c = third;
  }
};

/// Kernels' transpose: g = G'g, the last number having the other sign.
struct KernelDeltas {
  static constexpr int from = 4, to = 3;
  static HWY_INLINE void apply(Floats& a, Floats& b, Floats& c, Floats& d) {
    const Floats half = hn::Set(hn::ScalableTag<float>(), 0.5F);
    const Floats sum = hn::Mul(half, hn::Add(b, c)), difference = hn::Mul(half, hn::Sub(b, c));
    a = hn::Add(a, sum), b = difference, c = hn::Sub(sum, d);
  }
};

/// p = T p T', T being one of those above.
template <class T>
HWY_INLINE void transform(Patch& p) {
  unrolled<T::from>([&](auto i)
                        HWY_ATTR { T::apply(p.at[0][i], p.at[1][i], p.at[2][i], p.at[3][i]); });
  unrolled<T::to>([&](auto i)
                      HWY_ATTR { T::apply(p.at[i][0], p.at[i][1], p.at[i][2], p.at[i][3]); });
}

/// rows x (vectors registers) sums. tile.h's tiles do the same at any distance; at distances that
/// the compiler knows, short sums like these take a tenth less time.
template <int rows, int vectors>
struct Sums {
  Floats sum[rows][vectors];

  HWY_INLINE Sums() {
    unrolled<rows>([&](auto i) HWY_ATTR {
      unrolled<vectors>([&](auto j) HWY_ATTR { sum[i][j] = hn::Zero(FloatTag()); });
    });
  }

  /// sum[i][j] += sum over p < terms of a[i a_row + p a_term] b[p b_row + j].
  template <class Row, class Term>
  HWY_INLINE void multiply(std::int64_t terms, const float* a, Row a_row, Term a_term,
                           const float* b, std::int64_t b_row) {
    Sums s = *this;  // a copy without an address, so that it lives in registers
    const auto add = [&](const float* x_row, const float* y_row) HWY_ATTR {
      Floats y[vectors];
      unrolled<vectors>([&](auto j) HWY_ATTR { y[j] = hn::LoadU(FloatTag(), y_row + j * lanes); });
      unrolled<rows>([&](auto i) HWY_ATTR {
        const Floats x = hn::Set(FloatTag(), x_row[i * a_row]);
        unrolled<vectors>([&](auto j) HWY_ATTR { s.sum[i][j] = hn::MulAdd(x, y[j], s.sum[i][j]); });
      });
    };
    // What counts and finds addresses takes the multiply-adds' ports on some processors.
    std::int64_t p = 0;
    for (; p + 4 <= terms; p += 4, a += 4 * a_term, b += 4 * b_row) {
      unrolled<4>([&](auto q) HWY_ATTR { add(a + q * a_term, b + q * b_row); });
    }
    for (; p < terms; ++p, a += a_term, b += b_row) add(a, b);
    *this = s;
  }

  template <class Row, class Add>
  HWY_INLINE void write(float* HWY_RESTRICT c, Row c_row, Add add) const {
    unrolled<rows>([&](auto i) HWY_ATTR {
      unrolled<vectors>([&](auto j) HWY_ATTR {
        float* to = c + i * c_row + j * lanes;
        hn::StoreU(add ? hn::Add(hn::LoadU(FloatTag(), to), sum[i][j]) : sum[i][j], FloatTag(), to);
      });
    });
  }
};

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
