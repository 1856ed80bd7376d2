// Internal to core/kernels: how a row of tiles is cut where its ends are special. Compiled once for
// each of Highway's targets, so the include guard is one for each.
#if defined(MINNOW_CORE_KERNELS_BORDERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_BORDERS_INL_H_
#undef MINNOW_CORE_KERNELS_BORDERS_INL_H_
#else
#define MINNOW_CORE_KERNELS_BORDERS_INL_H_
#endif

#include <algorithm>

#include "tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

/// The columns of a convolution's row that some taps miss, at either end, and those between them
/// that all taps meet. The ends take a few inner columns along to fill tiles of border_rows: in
/// lower ones every sum would wait for its last term.
struct Borders {
  static constexpr int border_rows = 4;
  std::int64_t length;
  Span inner;

  /// `begin` to `end`, which may be empty, are the columns that all taps meet.
  Borders(std::int64_t row_length, std::int64_t begin, std::int64_t end) : length(row_length) {
    const auto whole = [](std::int64_t n) {
      return (n + border_rows - 1) / border_rows * border_rows;
    };
    inner.begin = std::min(length, whole(begin));
    inner.end = std::max(inner.begin, length - whole(length - std::max(begin, end)));
  }

  /// f(Int<rows>, first) for the tiles of both ends.
  template <class F>
  HWY_INLINE void for_outer(F&& f) const {
    for (const Span part : {Span{0, inner.begin}, Span{inner.end, length}}) {
      std::int64_t j = part.begin;
      for (; j + border_rows <= part.end; j += border_rows) f(Int<border_rows>{}, j);
      for (; j < part.end; ++j) f(Int<1>{}, j);
    }
  }
};

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
