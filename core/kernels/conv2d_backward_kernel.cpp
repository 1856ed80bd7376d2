#include <algorithm>

#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_taps.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/conv2d_backward_kernel.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// How the kernel's numbers are cut into register tiles: some neighbours in the flat order of
// (row, column, channel), called terms here, times some filters.
struct TilePlace {
  std::int64_t group;
  std::int64_t term;
  int rows;
  std::int64_t filter;
  int cols;
};

// The heights that `left` terms are cut into.
HWY_INLINE int tile_height(std::int64_t left) {
  for (const int rows : {12, 9, 6, 4, 3, 2}) {
    if (rows <= most_rows && rows <= left) return rows;
  }
  return 1;
}

template <class F>
HWY_INLINE void with_height(int rows, F&& f) {
  if constexpr (most_rows >= 12) {
    if (rows == 12) return f(Int<12>{});
    if (rows == 9) return f(Int<9>{});
  }
  if (rows == 6) return f(Int<6>{});
  if (rows == 4) return f(Int<4>{});
  if (rows == 3) return f(Int<3>{});
  if (rows == 2) return f(Int<2>{});
  f(Int<1>{});
}

std::int64_t terms_of(const Conv2DSize& s) {
  return s.kernel_h * s.kernel_w * (s.channels / s.groups);
}

// f(place) for the tiles with numbers in [begin, end).
template <class F>
void for_places(const Conv2DSize& s, std::int64_t begin, std::int64_t end, F&& f) {
  const std::int64_t terms = terms_of(s), group_filters = s.filters / s.groups;
  std::int64_t number = 0;
  for (std::int64_t group = 0; group < s.groups; ++group) {
    for (std::int64_t term = 0; term < terms;) {
      const int rows = tile_height(terms - term);
      for (std::int64_t filter = 0; filter < group_filters; ++number) {
        const int cols = tile_width(group_filters - filter);
        if (number >= begin && number < end) {
          f(TilePlace{group, term, rows, group * group_filters + filter, cols});
        }
        filter += cols;
      }
      term += rows;
    }
  }
}

// Adds (or writes) the sum over output rows [begin, end), counted through the batch.
template <int rows, int cols>
HWY_NOINLINE void sum_tile(const KernelGradientJob& job, const TilePlace& t, Span out_rows,
                           bool add) {
  const Conv2DSize& s = job.size;
  const std::int64_t channels = s.channels / s.groups;
  const std::int64_t step = s.stride_w * s.channels;
  std::int64_t offset[rows];  // of each row of the tile, from the number under output column 0
  std::int64_t down[rows];    // the image's rows from there
  Span columns[rows];         // the output columns whose tap lies in the image
  Span inner{0, s.out_w};
  for (int q = 0; q < rows; ++q) {
    const std::int64_t tap = (t.term + q) / channels, c = (t.term + q) % channels;
    down[q] = tap / s.kernel_w * s.dilation_h;
    const std::int64_t b = tap % s.kernel_w;
    offset[q] = (down[q] * s.width + b * s.dilation_w - s.pad_left) * s.channels +
                t.group * channels + c;
    columns[q] = columns_of_tap(s, b);
    inner.begin = std::max(inner.begin, columns[q].begin);
    inner.end = std::min(inner.end, columns[q].end);
  }
  inner.end = std::max(inner.begin, inner.end);

  Tile<rows, cols> sum;
  for (std::int64_t r = out_rows.begin; r < out_rows.end; ++r) {
    const std::int64_t in_y = r % s.out_h * s.stride_h - s.pad_top;
    const std::int64_t x_row = (r / s.out_h * s.height + in_y) * s.width * s.channels;
    const float* dy = job.dy + r * s.out_w * s.filters + t.filter;
    const auto one_by_one = [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
      for (std::int64_t j = begin; j < end; ++j) {
        unrolled<rows>([&](auto q) HWY_ATTR {
          const std::int64_t y = in_y + down[q];
          if (y < 0 || y >= s.height || j < columns[q].begin || j >= columns[q].end) return;
          sum.multiply_row(q, job.x[x_row + offset[q] + j * step], dy + j * s.filters);
        });
      }
    };
    // down ascends: the first and the last row tell of all.
    if (in_y + down[0] < 0 || in_y + down[rows - 1] >= s.height) {
      one_by_one(0, s.out_w);
      continue;
    }
    one_by_one(0, inner.begin);
    sum.multiply_at(inner.size(), job.x + (x_row + inner.begin * step), offset, step,
                    dy + inner.begin * s.filters, s.filters);
    one_by_one(inner.end, s.out_w);
  }
  const std::int64_t place = t.term * s.filters + t.filter;
  sum.write(job.dkernel + place, s.filters, add, false);
}

// Output rows whose numbers stay in the nearer caches while every tile passes over them. It also
// bounds the length of the sums that are kept in one register.
std::int64_t rows_at_a_time(const Conv2DSize& s) {
  constexpr std::int64_t cache_floats = 12288;
  const std::int64_t row = s.out_w * s.filters + s.stride_h * s.width * s.channels;
  return std::max<std::int64_t>(1, cache_floats / std::max<std::int64_t>(1, row));
}

}  // namespace

std::int64_t kernel_gradient_tiles(const Conv2DSize& s) {
  std::int64_t terms = terms_of(s), filters = s.filters / s.groups, high = 0, wide = 0;
  for (; terms > 0; ++high) terms -= tile_height(terms);
  for (; filters > 0; ++wide) filters -= tile_width(filters);
  return s.groups * high * wide;
}

void kernel_gradient(const KernelGradientJob& job, Span tiles, Span out_rows) {
  const std::int64_t some = rows_at_a_time(job.size);
  std::int64_t r = out_rows.begin;
  do {  // once for an empty batch too, to write the zeros
    const Span now{r, std::min(out_rows.end, r + some)};
    const bool add = job.accumulate || r > out_rows.begin;
    for_places(job.size, tiles.begin, tiles.end, [&](const TilePlace& t) HWY_ATTR {
      with_height(t.rows, [&](auto rows) HWY_ATTR {
        with_width(t.cols, [&](auto cols) HWY_ATTR { sum_tile<rows, cols>(job, t, now, add); });
      });
    });
    r = now.end;
  } while (r < out_rows.end);
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(kernel_gradient_tiles);
HWY_EXPORT(kernel_gradient);

// A small kernel has too few tiles to share out: the rows of the batch are cut too, into pieces
// that depend on the sizes alone, and the pieces' sums are added in their order.
constexpr std::int64_t most_pieces = 8;
constexpr std::int64_t small_kernel = 2048;

void small_kernel_gradient(const Workers& workers, const KernelGradientJob& job,
                           std::int64_t rows, double work) {
  alignas(64) float sums[most_pieces * small_kernel];
  const Conv2DSize& s = job.size;
  const std::int64_t count = s.kernel_h * s.kernel_w * (s.channels / s.groups) * s.filters;
  const std::int64_t pieces = std::clamp<std::int64_t>(rows / 8, 1, most_pieces);
  const std::int64_t tiles = HWY_DYNAMIC_DISPATCH(kernel_gradient_tiles)(s);
  const auto compute = HWY_DYNAMIC_DISPATCH(kernel_gradient);
  workers.for_each(pieces, work / static_cast<double>(pieces), [&](std::int64_t i) {
    const Piece part = split(rows, pieces, i);
    compute({s, job.x, job.dy, sums + i * count, false}, {0, tiles}, {part.begin, part.end});
  });
  for (std::int64_t j = 0; j < count; ++j) {
    float sum = job.accumulate ? job.dkernel[j] : 0.0F;
    for (std::int64_t i = 0; i < pieces; ++i) sum += sums[i * count + j];
    job.dkernel[j] = sum;
  }
}

}  // namespace

void conv2d_backward_kernel(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                            const float* x, const float* dy, float* dkernel, bool accumulate) {
  const KernelGradientJob job{size, x, dy, dkernel, accumulate};
  const std::int64_t rows = batch * size.out_h;
  const std::int64_t terms = size.kernel_h * size.kernel_w * (size.channels / size.groups);
  const double work = static_cast<double>(rows * size.out_w) *
                      static_cast<double>(terms * size.filters) * 0.03;
  if (terms * size.filters <= small_kernel) return small_kernel_gradient(workers, job, rows, work);
  const std::int64_t tiles = HWY_DYNAMIC_DISPATCH(kernel_gradient_tiles)(size);
  const auto compute = HWY_DYNAMIC_DISPATCH(kernel_gradient);
  workers.for_range(tiles, work / static_cast<double>(tiles),
                    [&](std::int64_t begin, std::int64_t end) {
                      compute(job, {begin, end}, {0, rows});
                    });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
