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
/// lower ones every sum would wait for its last term. A short row is all end where that makes fewer
/// tiles.
struct Borders {
  static constexpr int border_rows = most_rows > 2 ? 4 : 2;
  /// Each row of a border tile has an address of its own, in a register.
  static constexpr int most_border_rows = most_rows > 6 ? 7 : border_rows;
  std::int64_t length;
  Span inner;

  /// `begin` to `end`, which may be empty, are the columns that all taps meet.
  Borders(std::int64_t row_length, std::int64_t begin, std::int64_t end) : length(row_length) {
    const auto whole = [](std::int64_t n) {
      return (n + border_rows - 1) / border_rows * border_rows;
    };
    inner.begin = std::min(length, whole(begin));
    inner.end = std::max(inner.begin, length - whole(length - std::max(begin, end)));
    const auto tiles = [](std::int64_t n, std::int64_t height) {
      return (n + height - 1) / height;
    };
    const std::int64_t ends = inner.begin + length - inner.end;
    if (ends > 0 && tiles(length, most_border_rows) <
                        tiles(ends, border_rows) + tiles(inner.size(), most_rows)) {
      inner = {length, length};
    }
  }

  /// f(Int<rows>, first) for the tiles of both ends, as even as can be.
  template <class F>
  HWY_INLINE void for_outer(F&& f) const {
    for (const Span part : {Span{0, inner.begin}, Span{inner.end, length}}) {
      std::int64_t j = part.begin;
      while (j < part.end) {
        const std::int64_t left = part.end - j;
        const std::int64_t tiles = (left + most_border_rows - 1) / most_border_rows;
        j += tile_of((left + tiles - 1) / tiles, j, f);
      }
    }
  }

 private:
  // f for the highest border tile of at most `height` rows; returns its height.
  template <int rows = most_border_rows, class F>
  HWY_INLINE static std::int64_t tile_of(std::int64_t height, std::int64_t j, F&& f) {
    if constexpr (rows >= border_rows) {
      if (height < rows) return tile_of<rows - 1>(height, j, f);
      f(Int<rows>{}, j);
      return rows;
    } else {
      f(Int<1>{}, j);
      return 1;
    }
  }
};

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
