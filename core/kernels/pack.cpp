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

// out[p][0..3] = from[0..3][p] for four p, rows of `out` being `width` apart.
HWY_INLINE void transpose_4x4(const float* from, std::int64_t stride, std::int64_t width,
                              float* HWY_RESTRICT out) {
#if HWY_TARGET == HWY_SCALAR
  for (int p = 0; p < 4; ++p) {
    for (int j = 0; j < 4; ++j) out[p * width + j] = from[j * stride + p];
  }
#else
  const hn::FixedTag<float, 4> d;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + stride);
  const auto c = hn::LoadU(d, from + 2 * stride), e = hn::LoadU(d, from + 3 * stride);
  const auto ab = hn::InterleaveLower(d, a, b), ce = hn::InterleaveLower(d, c, e);
  const auto ab_upper = hn::InterleaveUpper(d, a, b), ce_upper = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, ce, ab), d, out);
  hn::StoreU(hn::ConcatUpperUpper(d, ce, ab), d, out + width);
  hn::StoreU(hn::ConcatLowerLower(d, ce_upper, ab_upper), d, out + 2 * width);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_upper, ab_upper), d, out + 3 * width);
#endif
}

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
  if (columns < 4 || terms < 4) {
    for (std::int64_t j = 0; j < columns; ++j, from += stride, ++out) {
      for (std::int64_t p = 0; p < terms; ++p) out[p * width] = from[p];
    }
    return;
  }
  // The last four may be some of those before, too.
  for (std::int64_t next_j = 0; next_j < columns; next_j += 4) {
    const std::int64_t j = std::min(next_j, columns - 4);
    for (std::int64_t next_p = 0; next_p < terms; next_p += 4) {
      const std::int64_t p = std::min(next_p, terms - 4);
      transpose_4x4(from + j * stride + p, stride, width, out + p * width + j);
    }
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
