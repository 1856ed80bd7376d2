// Internal to core/kernels: products with few columns, of operands that both lie in a row along k:
// every element of C is a dot product, and the registers go along k, where no lane stays empty.
// Compiled once for each of Highway's targets, so the include guard is one for each.
#if defined(MINNOW_CORE_KERNELS_DOTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_DOTS_INL_H_
#undef MINNOW_CORE_KERNELS_DOTS_INL_H_
#else
#define MINNOW_CORE_KERNELS_DOTS_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "tile-inl.h"

#if HWY_TARGET != HWY_SCALAR
HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

/// Partial sums of an element, which take its terms in turn: as many for AVX2 as for AVX-512, so
/// that both add in the same order.
constexpr int dot_vectors = HWY_TARGET == HWY_AVX3 ? 1 : 2;
constexpr int dot_lanes = dot_vectors * lanes;
/// Elements at a time: their sums, a row's operand and those of the columns fill the registers.
constexpr int dot_rows = HWY_TARGET == HWY_AVX3 ? 4 : 2;
constexpr int dot_cols = HWY_TARGET == HWY_AVX3 ? 5 : 3;

using Four = hn::FixedTag<float, 4>;

/// The sum of a register's halves, and so on down to four numbers.
template <class V>
HWY_INLINE hn::Vec<Four> fold_to_four(V v) {
  const hn::DFromV<V> d;
  if constexpr (hn::MaxLanes(d) == 4) {
    return v;
  } else {
    const hn::Half<decltype(d)> half;
    return fold_to_four(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// The sums of the four numbers of each of four registers.
HWY_INLINE hn::Vec<Four> sums_of_four(const hn::Vec<Four>* v) {
  const Four d;
  const auto ab = hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1]));
  const auto ce = hn::Add(hn::InterleaveLower(d, v[2], v[3]), hn::InterleaveUpper(d, v[2], v[3]));
  return hn::Add(hn::ConcatLowerLower(d, ce, ab), hn::ConcatUpperUpper(d, ce, ab));
}

/// The sums of rows x cols dot products, each in dot_lanes parts, in registers.
template <int rows, int cols>
struct Dots {
  using D = hn::CappedTag<float, static_cast<std::size_t>(lanes)>;
  using V = hn::Vec<D>;
  V sum[rows * cols][dot_vectors];

  HWY_INLINE Dots() {
    unrolled<rows * cols>([&](auto q) HWY_ATTR {
      unrolled<dot_vectors>([&](auto v) HWY_ATTR { sum[q][v] = hn::Zero(D()); });
    });
  }

  /// The next dot_lanes terms, at a[i a_step] and b[j b_step].
  HWY_INLINE void add(const float* a, std::int64_t a_step, const float* b, std::int64_t b_step) {
    add_register<0>(a, a_step, b, b_step);
    if constexpr (dot_vectors == 2) add_register<1>(a + lanes, a_step, b + lanes, b_step);
  }

  /// The parts of sum q, added up to four.
  template <int q>
  HWY_INLINE hn::Vec<Four> folded() const {
    if constexpr (q >= rows * cols) {
      return hn::Zero(Four());
    } else if constexpr (dot_vectors == 2) {
      return fold_to_four(hn::Add(sum[q][0], sum[q][1]));
    } else {
      return fold_to_four(sum[q][0]);
    }
  }

 private:
  // A member, not a lambda in add(): compilers leave that a call, and the sums in memory.
  template <int v>
  HWY_INLINE void add_register(const float* a, std::int64_t a_step, const float* b,
                               std::int64_t b_step) {
    V column[cols];
    unrolled<cols>([&](auto j) HWY_ATTR { column[j] = hn::LoadU(D(), b + j * b_step); });
    unrolled<rows>([&](auto i) HWY_ATTR {
      const V row = hn::LoadU(D(), a + i * a_step);
      unrolled<cols>([&](auto j) HWY_ATTR {
        sum[j * rows + i][v] = hn::MulAdd(row, column[j], sum[j * rows + i][v]);
      });
    });
  }
};

/// dots[j rows + i] = sum over p < k of a[i a_step + p] b[j b_step + p], for rows x cols elements.
/// `dots` has room for a whole number of fours.
template <int rows, int cols>
HWY_NOINLINE void dot_tile(std::int64_t k, const float* a, std::int64_t a_step, const float* b,
                           std::int64_t b_step, float* HWY_RESTRICT dots) {
  const std::int64_t whole = k / dot_lanes * dot_lanes;
  float x[rows * dot_lanes] = {}, y[cols * dot_lanes] = {};  // the last terms, zeros behind them
  for (int i = 0; i < rows; ++i) std::copy_n(a + i * a_step + whole, k - whole, x + i * dot_lanes);
  for (int j = 0; j < cols; ++j) std::copy_n(b + j * b_step + whole, k - whole, y + j * dot_lanes);
  Dots<rows, cols> d;
  for (std::int64_t p = 0; p < k; p += dot_lanes) {
    const bool last = p == whole;
    d.add(last ? x : a + p, last ? dot_lanes : a_step, last ? y : b + p, last ? dot_lanes : b_step);
  }
  unrolled<(rows * cols + 3) / 4>([&](auto f) HWY_ATTR {
    const hn::Vec<Four> four[] = {d.template folded<4 * f>(), d.template folded<4 * f + 1>(),
                                  d.template folded<4 * f + 2>(), d.template folded<4 * f + 3>()};
    hn::StoreU(sums_of_four(four), Four(), dots + 4 * f);
  });
}

/// f(Int<count>) for a count of 1 to most.
template <int most, class F>
HWY_INLINE void with_count(int count, F&& f) {
  if constexpr (most > 1) {
    if (count < most) return with_count<most - 1>(count, f);
  }
  f(Int<most>{});
}

/// The product of `rows` rows of A and n of B^T's columns over k terms, on C in one of these ways.
struct DotJob {
  std::int64_t k, n;
  const float* a;
  std::int64_t a_step;
  const float* b;
  std::int64_t b_step;
  const float* bias;  // null, or n numbers
  float* c;
  std::int64_t c_step;
  bool add, positive;
};

template <int rows>
void dot_rows_of(const DotJob& job) {
  float dots[(dot_rows * dot_cols + 3) / 4 * 4] = {};
  const std::int64_t tiles = (job.n + dot_cols - 1) / dot_cols;
  std::int64_t j = 0;
  for (std::int64_t t = 0; t < tiles; ++t) {
    const int cols = static_cast<int>((job.n - j + tiles - t - 1) / (tiles - t));
    with_count<dot_cols>(cols, [&](auto count) HWY_ATTR {
      dot_tile<rows, count>(job.k, job.a, job.a_step, job.b + j * job.b_step, job.b_step, dots);
    });
    for (int i = 0; i < rows; ++i) {
      float* c = job.c + i * job.c_step + j;
      for (int q = 0; q < cols; ++q) {
        float v = dots[q * rows + i];
        if (job.bias != nullptr) v += job.bias[j + q];
        if (job.add) v += c[q];
        c[q] = job.positive && v <= 0 ? 0.0F : v;
      }
    }
    j += cols;
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // HWY_SCALAR

#endif
