// Internal to core/kernels: the patches that winograd.cpp and winograd_kernel.cpp cut images into.
// Compiled once for each of Highway's targets, so the include guard is one for each.
#if defined(MINNOW_CORE_KERNELS_WINOGRAD_PATCHES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MINNOW_CORE_KERNELS_WINOGRAD_PATCHES_INL_H_
#undef MINNOW_CORE_KERNELS_WINOGRAD_PATCHES_INL_H_
#else
#define MINNOW_CORE_KERNELS_WINOGRAD_PATCHES_INL_H_
#endif

#include <algorithm>
#include <cstdint>

#include "winograd-inl.h"
#include "winograd.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

/// A transformed patch has 16 numbers for each channel, which lie in 16 planes, each a matrix of
/// patches x channels (or filters): so the products are 16 products of matrices.
constexpr std::int64_t planes = 16;

/// The widest tile, and the narrower of the two widths that holds `left` columns.
constexpr int most_cols = 2 * lanes;
constexpr int tile_width(std::int64_t left) { return left > lanes ? most_cols : lanes; }

/// Rows of the planes are whole registers of any instruction set.
constexpr std::int64_t whole(std::int64_t n) { return (n + 15) / 16 * 16; }

/// f(a, b) for the numbers of a square of side x side, written out.
template <int side, class F>
HWY_INLINE void for_square(F&& f) {
  unrolled<side>([&](auto a) HWY_ATTR { unrolled<side>([&](auto b) HWY_ATTR { f(a, b); }); });
}

/// Where a patch's outputs begin; its inputs begin pad_top above and pad_left to the left of there.
struct Place {
  std::int64_t image, i, j;
};

inline std::int64_t patches_across(const Conv2DSize& s) { return (s.out_w + 1) / 2; }
/// The places of patches from `first` on.
template <std::size_t n>
void find_places(const Conv2DSize& s, std::int64_t first, std::int64_t count, Place (&places)[n]) {
  const std::int64_t each = patches_in(s), across = patches_across(s);
  const std::int64_t within = first % each;
  Place p{first / each, within / across * 2, within % across * 2};
  for (std::int64_t t = 0; t < count; ++t) {
    places[t] = p;
    p.j += 2;
    if (p.j < s.out_w) continue;
    p.j = 0;
    p.i += 2;
    if (p.i < s.out_h) continue;
    p.i = 0;
    ++p.image;
  }
}

/// side x side places of an image of height x width that begin at (top, left), some of them perhaps
/// outside.
template <int side>
struct Square {
  std::int64_t height, width, top, left;
  std::int64_t origin;       // of the first place, in numbers
  std::int64_t down, right;  // to the next ones

  HWY_INLINE Square(std::int64_t rows, std::int64_t cols, std::int64_t depth, std::int64_t image,
                    std::int64_t row, std::int64_t col)
      : height(rows),
        width(cols),
        top(row),
        left(col),
        origin(((image * rows + row) * cols + col) * depth),
        down(cols * depth),
        right(depth) {}

  HWY_INLINE bool whole() const {
    return top >= 0 && left >= 0 && top + side <= height && left + side <= width;
  }
  HWY_INLINE std::int64_t at(int a, int b) const { return origin + a * down + b * right; }

  /// f(a, b, place) for all places, `place` being x + at(a, b) or, outside, `elsewhere`: found
  /// without branches, which would be hard to foresee at edges.
  template <class Float, class F>
  HWY_INLINE void for_places(Float* x, Float* elsewhere, F&& f) const {
    using Address = std::uintptr_t;
    const auto from = reinterpret_cast<Address>(x), other = reinterpret_cast<Address>(elsewhere);
    // All bits set for what is inside.
    Address rows[side], cols[side];
    unrolled<side>([&](auto i) HWY_ATTR {
      rows[i] = -Address{static_cast<Address>(top + i) < static_cast<Address>(height)};
      cols[i] = -Address{static_cast<Address>(left + i) < static_cast<Address>(width)};
    });
    for_square<side>([&](auto a, auto b) HWY_ATTR {
      const Address place = from + static_cast<Address>(at(a, b)) * sizeof(float);
      f(a, b, reinterpret_cast<Float*>(other ^ ((place ^ other) & rows[a] & cols[b])));
    });
  }
};

HWY_INLINE Square<4> inputs_of(const Conv2DSize& s, const Place& p) {
  return {s.height, s.width, s.channels, p.image, p.i - s.pad_top, p.j - s.pad_left};
}
HWY_INLINE Square<2> outputs_of(const Conv2DSize& s, const Place& p) {
  return {s.out_h, s.out_w, s.filters, p.image, p.i, p.j};
}

/// The numbers of a square, of a register of channels at x, `existing` of which there are; zeros
/// outside.
template <int side>
HWY_INLINE Patch read_square(const Square<side>& square, const float* x, std::int64_t existing) {
  const hn::ScalableTag<float> d;
  Patch p;
  if (square.whole() && existing >= lanes) {
    const float* from = x + square.origin;
    for_square<side>([&](auto a, auto b) HWY_ATTR {
      p.at[a][b] = hn::LoadU(d, from + a * square.down + b * square.right);
    });
  } else {
    const Partial part(existing);
    alignas(64) static constexpr float zeros[lanes] = {};
    square.for_places(x, zeros, [&](auto a, auto b, const float* from) HWY_ATTR {
      p.at[a][b] = part.load(from);
    });
  }
  return p;
}

/// The numbers of a patch, or those of the kernel's gradient, in planes so far apart.
HWY_INLINE Patch read_planes(const float* from, std::int64_t plane) {
  Patch p;
  for_square<4>([&](auto a, auto b)
                    HWY_ATTR { p.at[a][b] = hn::LoadU(FloatTag(), from + (a * 4 + b) * plane); });
  return p;
}

/// Rows of the planes are `width` numbers apart. A line lies between planes: at a distance of 4 KB
/// they would meet in few lines of the cache.
template <int rows, int width>
struct Planes {
  static constexpr std::int64_t stride = width, plane = rows * width + 16;
  alignas(64) float numbers[planes * plane];

  HWY_INLINE float* row(std::int64_t q, std::int64_t row) {
    return numbers + q * plane + row * stride;
  }
  HWY_INLINE const float* row(std::int64_t q, std::int64_t row) const {
    return numbers + q * plane + row * stride;
  }
  HWY_INLINE Patch read(std::int64_t at, std::int64_t first) const {
    return read_planes(row(0, at) + first, plane);
  }
  HWY_INLINE void write(std::int64_t at, std::int64_t first, const Patch& p) {
    float* to = row(0, at) + first;
    for_square<4>([&](auto a, auto b) HWY_ATTR {
      hn::StoreU(p.at[a][b], hn::ScalableTag<float>(), to + (a * 4 + b) * plane);
    });
  }
};

/// Some channels of a patch, transformed, into a row of the planes; whole registers of them.
template <class T, int side, class P>
HWY_NOINLINE void spread(const Square<side>& square, const float* x, Span depth, std::int64_t row,
                         P& out) {
  for (std::int64_t c = 0; c < whole(depth.size()); c += lanes) {
    Patch p = read_square(square, x + depth.begin + c, depth.size() - c);
    transform<T>(p);
    out.write(row, c, p);
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
