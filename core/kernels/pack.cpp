#include "core/kernels/pack.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/pack.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/cache_control.h>

#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

#if HWY_TARGET != HWY_SCALAR
// Of the rows 0, 4, 8 and so on, as many as a register has parts of four numbers, the four at
// `from`.
template <class D>
HWY_INLINE hn::Vec<D> load_fours(D d, const float* from, std::int64_t stride) {
  if constexpr (hn::MaxLanes(d) == 4) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    const std::int64_t upper = static_cast<std::int64_t>(hn::MaxLanes(half)) * stride;
    return hn::Combine(d, load_fours(half, from + upper, stride), load_fours(half, from, stride));
  }
}

// f(p, v) for four p: the numbers v[j] = from[j][p] of a register's j.
template <class D, class F>
HWY_INLINE void transpose(D d, const float* from, std::int64_t stride, const F& f) {
  const hn::Repartition<std::uint64_t, D> pairs;
  const auto a = load_fours(d, from, stride), b = load_fours(d, from + stride, stride);
  const auto c = load_fours(d, from + 2 * stride, stride);
  const auto e = load_fours(d, from + 3 * stride, stride);
  const auto ab = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));
  const auto ce = hn::BitCast(pairs, hn::InterleaveLower(d, c, e));
  const auto ab_upper = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));
  const auto ce_upper = hn::BitCast(pairs, hn::InterleaveUpper(d, c, e));
  f(0, hn::BitCast(d, hn::InterleaveLower(pairs, ab, ce)));
  f(1, hn::BitCast(d, hn::InterleaveUpper(pairs, ab, ce)));
  f(2, hn::BitCast(d, hn::InterleaveLower(pairs, ab_upper, ce_upper)));
  f(3, hn::BitCast(d, hn::InterleaveUpper(pairs, ab_upper, ce_upper)));
}

// A register's lanes, twice.
constexpr std::int32_t around[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                   0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// Columns into rows, by registers; a few terms at a time, whose part of `out` stays near.
template <class D>
void turn_with(D d, const float* from, std::int64_t stride, std::int64_t terms,
               std::int64_t columns, std::int64_t width, float* HWY_RESTRICT out) {
  constexpr std::int64_t few = 64;
  const std::int64_t step = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t q = 0; q < terms; q += few) {
    const std::int64_t end = std::min(q + few, terms);
    // The last columns and terms may be some of those before, too.
    const auto turn = [&](std::int64_t j, std::int64_t at, const auto& store) HWY_ATTR
        __attribute__((always_inline)) {
      for (std::int64_t next_p = q; next_p < end; next_p += 4) {
        const std::int64_t p = std::min(next_p, terms - 4);
        float* HWY_RESTRICT to = out + p * width + at;
        transpose(
            d, from + j * stride + p,
            stride, [&](int i, auto v) HWY_ATTR __attribute__((always_inline)) {
              store(v, to + i * width);
            });
      }
    };
    const auto whole = [&](auto v, float* to) HWY_ATTR __attribute__((always_inline)) {
      hn::StoreU(v, d, to);
    };
    std::int64_t j = 0;
    for (; j + step <= columns; j += step) turn(j, j, whole);
    if (j == columns) continue;
    const std::int64_t last = columns - step;
    if constexpr (stores_parts && hn::MaxLanes(d) == lanes) {
      // Moved to where they belong, for a store across cache lines takes as long as several.
      const Partial part(columns - j);
      const hn::RebindToSigned<D> signed_d;
      const auto from_lane = hn::IndicesFromVec(d, hn::LoadU(signed_d, around + (j - last)));
      turn(
          last, j, [&](auto v, float* to) HWY_ATTR __attribute__((always_inline)) {
            part.store(hn::TableLookupLanes(v, from_lane), to);
          });
    } else {
      turn(last, last, whole);
    }
  }
}

#endif

// B's rows lie as they are copied, into all panels at a time.
void copy_rows(const float* from, std::int64_t stride, std::int64_t terms, std::int64_t columns,
               std::int64_t width, float* HWY_RESTRICT out) {
  constexpr std::int64_t line = 16;  // numbers
  constexpr std::int64_t ahead = 8;  // rows lie in pages of their own, which no hardware foresees
  const FloatTag d;
  const Partial part(columns % lanes);
  for (std::int64_t p = 0; p < terms; ++p, from += stride, out += width) {
    if (p + ahead < terms) {
      for (std::int64_t j = 0; j < columns; j += line) hwy::Prefetch(from + ahead * stride + j);
    }
    float* to = out;
    for (std::int64_t j = 0; j < columns; j += width, to += terms * width) {
      const std::int64_t some = std::min(width, columns - j), whole = some / lanes * lanes;
      for (std::int64_t q = 0; q < whole; q += lanes) {
        hn::StoreU(hn::LoadU(d, from + j + q), d, to + q);
      }
      if (whole < some) part.store(part.load(from + j + whole), to + whole);
    }
  }
}

// B's columns lie as rows do.
void turn_columns(const float* from, std::int64_t stride, std::int64_t terms, std::int64_t columns,
                  std::int64_t width, float* HWY_RESTRICT out) {
#if HWY_TARGET != HWY_SCALAR
  if (columns >= lanes && terms >= 4) {
    return turn_with(FloatTag(), from, stride, terms, columns, width, out);
  }
  if (lanes > 4 && columns >= 4 && terms >= 4) {
    return turn_with(hn::FixedTag<float, 4>(), from, stride, terms, columns, width, out);
  }
#endif
  for (std::int64_t j = 0; j < columns; ++j, from += stride, ++out) {
    for (std::int64_t p = 0; p < terms; ++p) out[p * width] = from[p];
  }
}

}  // namespace

void pack(const Operand& b, Span terms, std::int64_t first, std::int64_t columns,
          std::int64_t width, float* out) {
  if (b.transposed) {
    for (std::int64_t j = 0; j < columns; j += width) {
      turn_columns(b.data + (first + j) * b.stride + terms.begin, b.stride, terms.size(),
                   std::min(width, columns - j), width, out + j * terms.size());
    }
  } else {
    copy_rows(b.data + terms.begin * b.stride + first, b.stride, terms.size(), columns, width, out);
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(pack);

void pack_columns(const Operand& b, Span terms, std::int64_t first, std::int64_t columns,
                  std::int64_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(pack)(b, terms, first, columns, width, out);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
