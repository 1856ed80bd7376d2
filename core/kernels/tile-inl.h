// Internal to core/kernels: the register tile that gemm and the convolutions are made of. Compiled
// once for each of Highway's targets, so the include guard is one for each.
#if defined(MINNOW_CORE_KERNELS_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_TILE_INL_H_
#undef MINNOW_CORE_KERNELS_TILE_INL_H_
#else
#define MINNOW_CORE_KERNELS_TILE_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <type_traits>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Floats in a register.
constexpr int lanes = HWY_LANES(float);
/// The widest tile: two registers beside one another.
constexpr int most_cols = 2 * lanes;
/// The tallest tile: with 32 registers 26 sums, their row of B and one number of A; with 16 half.
/// Scalar code is there to run at all, and stays small.
constexpr int most_rows = HWY_TARGET == HWY_AVX3 || HWY_ARCH_ARM_A64 ? 13
                          : HWY_TARGET == HWY_SCALAR                 ? 2
                                                                     : 6;

using Floats = hn::Vec<hn::ScalableTag<float>>;

/// A number that the compiler knows, as an argument.
template <int n>
using Int = std::integral_constant<int, n>;

template <class F, int... i>
HWY_INLINE void unrolled(F&& f, std::integer_sequence<int, i...>) {
  (f(Int<i>{}), ...);
}
/// f(0) ... f(n - 1), written out: arrays that f indexes can live in registers.
template <int n, class F>
HWY_INLINE void unrolled(F&& f) {
  unrolled(f, std::make_integer_sequence<int, n>{});
}

/// max(v, 0), and NaN of NaN.
template <class V>
HWY_INLINE V relu(V v) {
  const hn::DFromV<V> d;
  return hn::IfThenZeroElse(hn::Le(v, hn::Zero(d)), v);
}

/// The terms of a sum, and how far one lies from the next in A and in B.
struct Terms {
  std::int64_t outer, inner;
  std::int64_t a_outer, a_inner;
  std::int64_t b_outer, b_inner;
};

/// rows x cols sums that stay in registers; cols is a multiple of `lanes`.
template <int rows, int cols>
struct Tile {
  static constexpr int width = lanes;
  static constexpr int vectors = cols / width;
  using D = hn::ScalableTag<float>;
  using V = hn::Vec<D>;
  V sum[rows][vectors];

  /// Every row starts as `bias` (cols numbers), or as 0 where it is null.
  explicit HWY_INLINE Tile(const float* bias = nullptr) {
    const D d;
    unrolled<vectors>([&](auto j) HWY_ATTR {
      const V start = bias == nullptr ? hn::Zero(d) : hn::LoadU(d, bias + j * width);
      unrolled<rows>([&](auto i) HWY_ATTR { sum[i][j] = start; });
    });
  }
  /// The same where `bias` has `existing` numbers only.
  HWY_INLINE Tile(const float* bias, std::int64_t existing)
      : Tile(existing >= cols ? bias : nullptr) {
    if (bias == nullptr || existing >= cols) return;
    const D d;
    alignas(64) float padded[cols] = {};
    for (std::int64_t j = 0; j < existing; ++j) padded[j] = bias[j];
    unrolled<vectors>([&](auto j) HWY_ATTR {
      const V start = hn::Load(d, padded + j * width);
      unrolled<rows>([&](auto i) HWY_ATTR { sum[i][j] = start; });
    });
  }

  /// sum[i][j] += sum over o < outer and p < inner of
  ///   a[i row_step + o a_outer + p a_inner] b[o b_outer + p b_inner + j], in this order.
  HWY_INLINE void multiply(const Terms& terms, const float* a, std::int64_t row_step,
                           const float* b) {
    Tile t = *this;  // a copy without an address, so that it lives in registers
    for (std::int64_t o = 0; o < terms.outer; ++o) {
      // A pointer for each three rows: with one step the processor's addresses reach all of them.
      const float* rows_of_a[(rows + 2) / 3];
      unrolled<(rows + 2) / 3>([&](auto g) HWY_ATTR { rows_of_a[g] = a + 3 * g * row_step; });
      const float* HWY_RESTRICT row_of_b = b;
      for (std::int64_t p = 0; p < terms.inner; ++p) {
        t.add_product([&](auto i) HWY_ATTR { return rows_of_a[i / 3][i % 3 * row_step]; },
                      row_of_b);
        unrolled<(rows + 2) / 3>([&](auto g) HWY_ATTR { rows_of_a[g] += terms.a_inner; });
        row_of_b += terms.b_inner;
      }
      a += terms.a_outer;
      b += terms.b_outer;
    }
    *this = t;
  }

  /// As multiply, row i of A starting at a[i].
  HWY_INLINE void multiply(const Terms& terms, const float* const* a, const float* b) {
    Tile t = *this;
    const float* rows_of_a[rows];
    unrolled<rows>([&](auto i) HWY_ATTR { rows_of_a[i] = a[i]; });
    for (std::int64_t o = 0; o < terms.outer; ++o) {
      std::int64_t at = o * terms.a_outer;
      const float* HWY_RESTRICT row_of_b = b + o * terms.b_outer;
      for (std::int64_t p = 0; p < terms.inner; ++p) {
        t.add_product([&](auto i) HWY_ATTR { return rows_of_a[i][at]; }, row_of_b);
        at += terms.a_inner;
        row_of_b += terms.b_inner;
      }
    }
    *this = t;
  }

  /// Writes or adds the tile to c; with `positive`, the relu of it. Only the first `existing`
  /// columns exist.
  HWY_INLINE void write(float* HWY_RESTRICT c, std::int64_t row_step, std::int64_t existing,
                        bool add, bool positive) const {
    if (existing < cols) {
      write_part(c, row_step, static_cast<int>(existing), add, positive);
    } else if (add) {
      unrolled<rows>([&](auto i) HWY_ATTR { write_row<i>(c + i * row_step, true, positive); });
    } else {
      unrolled<rows>([&](auto i) HWY_ATTR { write_row<i>(c + i * row_step, false, positive); });
    }
  }

 private:
  HWY_INLINE void write_part(float* HWY_RESTRICT c, std::int64_t row_step, int existing, bool add,
                             bool positive) const {
    const D d;
    unrolled<rows>([&](auto i) HWY_ATTR {
      unrolled<vectors>([&](auto j) HWY_ATTR {
        const int left = existing - j * width;
        if (left <= 0) return;
        float* place = c + i * row_step + j * width;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
        const auto mask = hn::FirstN(d, static_cast<std::size_t>(left < width ? left : width));
        V v = sum[i][j];
        if (add) v = hn::Add(hn::MaskedLoad(mask, d, place), v);
        hn::BlendedStore(positive ? relu(v) : v, mask, d, place);
#else
        // Without masks in the instruction set Highway's masked store would touch what is not ours.
        float row[width] = {};
        hn::StoreU(sum[i][j], d, row);
        for (int l = 0; l < left && l < width; ++l) {
          const float v = add ? place[l] + row[l] : row[l];
          place[l] = positive && v <= 0 ? 0.0F : v;
        }
#endif
      });
    });
  }

  /// sum[i] += a(i) b for every row.
  template <class A>
  HWY_INLINE void add_product(A&& a, const float* b) {
    const D d;
    V y[vectors];
    unrolled<vectors>([&](auto j) HWY_ATTR { y[j] = hn::LoadU(d, b + j * width); });
    unrolled<rows>([&](auto i) HWY_ATTR {
      const V x = hn::Set(d, a(i));
      unrolled<vectors>([&](auto j) HWY_ATTR { sum[i][j] = hn::MulAdd(x, y[j], sum[i][j]); });
    });
  }

  template <int i>
  HWY_INLINE void write_row(float* HWY_RESTRICT c, bool add, bool positive) const {
    const D d;
    unrolled<vectors>([&](auto j) HWY_ATTR {
      float* place = c + j * width;
      V v = sum[i][j];
      if (add) v = hn::Add(hn::LoadU(d, place), v);
      hn::StoreU(positive ? relu(v) : v, d, place);
    });
  }
};

/// The narrower of the two widths of tiles that holds `left` remaining columns, else the wider.
/// Where fewer columns exist the others' sums are not written: they cost no time, as a register's
/// lanes work at once, but B must be readable there.
HWY_INLINE int tile_width(std::int64_t left) { return left > lanes ? most_cols : lanes; }

/// f(Int<width>) for a width that tile_width gives.
template <class F>
HWY_INLINE void with_width(int width, F&& f) {
  if (width == most_cols) return f(Int<most_cols>{});
  f(Int<lanes>{});
}

/// Of the rows of B, `stride` numbers apart, how many at its end are too near to it to be read in
/// tiles of `width` columns of which `left` exist.
constexpr std::int64_t rows_near_end(int width, std::int64_t left, std::int64_t stride) {
  return left >= width ? 0 : (width - left + stride - 1) / stride;
}

/// The height of the first of the tiles that `left` rows are cut into. They are of about one
/// height: a low one at the end would wait for its few sums, each needing the one before.
HWY_INLINE int tile_height(std::int64_t left) {
  const std::int64_t tiles = (left + most_rows - 1) / most_rows;
  return static_cast<int>((left + tiles - 1) / tiles);
}

/// f(Int<rows>) for a height that tile_height gives.
template <int rows = most_rows, class F>
HWY_INLINE void with_height(int height, F&& f) {
  if constexpr (rows > 1) {
    if (height < rows) return with_height<rows - 1>(height, f);
  }
  f(Int<rows>{});
}

/// f(Int<rows>, first) for tiles that cover [begin, end).
template <class F>
HWY_INLINE void for_tile_rows(std::int64_t begin, std::int64_t end, F&& f) {
  while (begin < end) {
    const int height = tile_height(end - begin);
    with_height(height, [&](auto rows) HWY_ATTR { f(rows, begin); });
    begin += height;
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
