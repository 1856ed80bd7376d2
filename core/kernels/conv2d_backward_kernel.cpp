#include <algorithm>

#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t tile_rows = 4;

// How the kernel's numbers are cut into register tiles: up to 4 neighbours along one run of taps
// and channels, times 8, 4 or 1 filters.
struct Cut {
  std::int64_t runs;        // in one row of the kernel
  std::int64_t run_length;  // taps x channels, or the channels of one tap
  std::int64_t run_tiles;
  std::int64_t group_filters, filter_tiles;  // of one group
  std::int64_t count;

  explicit Cut(const Conv2DSize& s) {
    const std::int64_t channels = s.channels / s.groups;
    runs = taps_adjoin(s) ? 1 : s.kernel_w;
    run_length = taps_adjoin(s) ? s.kernel_w * channels : channels;
    run_tiles = (run_length + tile_rows - 1) / tile_rows;
    group_filters = s.filters / s.groups;
    const std::int64_t rest = group_filters % 8;
    filter_tiles = group_filters / 8 + rest / 4 + rest % 4;
    count = s.kernel_h * s.groups * runs * run_tiles * filter_tiles;
  }
};

struct TilePlace {
  std::int64_t a;      // row of the kernel
  std::int64_t first;  // place in the kernel's row: tap * channels + channel
  int rows;
  std::int64_t group, filter;
  int width;
};

TilePlace place_of(const Conv2DSize& s, const Cut& cut, std::int64_t index) {
  TilePlace t{};
  const std::int64_t filter_tile = index % cut.filter_tiles;
  index /= cut.filter_tiles;
  const std::int64_t run_tile = index % cut.run_tiles;
  index /= cut.run_tiles;
  const std::int64_t run = index % cut.runs;
  index /= cut.runs;
  t.group = index % s.groups;
  t.a = index / s.groups;
  t.first = run * cut.run_length + run_tile * tile_rows;
  t.rows = static_cast<int>(std::min(tile_rows, cut.run_length - run_tile * tile_rows));
  const std::int64_t eights = cut.group_filters / 8, fours = cut.group_filters % 8 / 4;
  const std::int64_t in_group = filter_tile < eights ? filter_tile * 8
                                : filter_tile < eights + fours
                                    ? eights * 8
                                    : eights * 8 + fours * 4 + (filter_tile - eights - fours);
  t.filter = t.group * cut.group_filters + in_group;
  t.width = tile_width(cut.group_filters - in_group);
  return t;
}

struct Job {
  const Conv2DSize& s;
  const float* x;
  const float* dy;
  float* dkernel;
};

// Adds (or writes) the sum over output rows [begin, end), counted through the batch.
template <int rows, int cols>
void sum_tile(const Job& job, const TilePlace& t, Span out_rows, bool add) {
  const Conv2DSize& s = job.s;
  const std::int64_t channels = s.channels / s.groups;
  const std::int64_t step = s.stride_w * s.channels;
  std::int64_t offset[rows];  // of each row of the tile, from the number under output column 0
  Span columns[rows];         // where its tap lies in the image
  for (int q = 0; q < rows; ++q) {
    const std::int64_t b = (t.first + q) / channels, c = (t.first + q) % channels;
    offset[q] = (b * s.dilation_w - s.pad_left) * s.channels + t.group * channels + c;
    columns[q] = columns_of_tap(s, b);
  }
  // The earlier tap enters the image later: between its begin and the last one's end, all are in.
  const Span outer{columns[rows - 1].begin, columns[0].end};
  const std::int64_t inner_begin = std::min(columns[0].begin, outer.end);
  const std::int64_t inner_end = std::max(columns[rows - 1].end, inner_begin);

  Tile<rows, cols> sum;
  for (std::int64_t r = out_rows.begin; r < out_rows.end; ++r) {
    const std::int64_t in_y = r % s.out_h * s.stride_h + t.a * s.dilation_h - s.pad_top;
    if (in_y < 0 || in_y >= s.height) continue;
    const std::int64_t x_row = (r / s.out_h * s.height + in_y) * s.width * s.channels;
    const float* dy = job.dy + r * s.out_w * s.filters + t.filter;
    const auto border = [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t j = begin; j < end; ++j) {
        for (int q = 0; q < rows; ++q) {
          if (j < columns[q].begin || j >= columns[q].end) continue;
          sum.multiply_row(q, job.x[x_row + offset[q] + j * step], dy + j * s.filters);
        }
      }
    };
    border(outer.begin, inner_begin);
    if (inner_end > inner_begin) {
      sum.multiply(inner_end - inner_begin, job.x + (x_row + offset[0] + inner_begin * step), 1,
                   step, dy + inner_begin * s.filters, s.filters);
    }
    border(inner_end, outer.end);
  }
  float* dk = job.dkernel + (t.a * s.kernel_w * channels + t.first) * s.filters + t.filter;
  sum.write(dk, s.filters, add, false);
}

template <int rows>
void sum_tile(const Job& job, const TilePlace& t, Span out_rows, bool add) {
  if (t.width == 8) return sum_tile<rows, 8>(job, t, out_rows, add);
  if (t.width == 4) return sum_tile<rows, 4>(job, t, out_rows, add);
  return sum_tile<rows, 1>(job, t, out_rows, add);
}

void sum_tile(const Job& job, const TilePlace& t, Span out_rows, bool add) {
  switch (t.rows) {
    case 4:
      return sum_tile<4>(job, t, out_rows, add);
    case 3:
      return sum_tile<3>(job, t, out_rows, add);
    case 2:
      return sum_tile<2>(job, t, out_rows, add);
    default:
      return sum_tile<1>(job, t, out_rows, add);
  }
}

// Output rows whose numbers stay in the nearer caches while every tile passes over them. It also
// bounds the length of the sums that are kept in one register.
std::int64_t rows_at_a_time(const Conv2DSize& s) {
  constexpr std::int64_t cache_floats = 12288;
  const std::int64_t row = s.out_w * s.filters + s.stride_h * s.width * s.channels;
  return std::max<std::int64_t>(1, cache_floats / std::max<std::int64_t>(1, row));
}

}  // namespace

void conv2d_backward_kernel(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                            const float* x, const float* dy, float* dkernel, bool accumulate) {
  const Cut cut(size);
  const Job job{size, x, dy, dkernel};
  const std::int64_t rows = batch * size.out_h;
  const std::int64_t some = rows_at_a_time(size);
  const double work = static_cast<double>(rows * size.out_w) * 4;
  workers.for_range(cut.count, work, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t r = 0;
    do {  // once for an empty batch too, to write the zeros
      const Span out_rows{r, std::min(rows, r + some)};
      for (std::int64_t tile = begin; tile < end; ++tile) {
        sum_tile(job, place_of(size, cut, tile), out_rows, accumulate || r > 0);
      }
      r = out_rows.end;
    } while (r < rows);
  });
}

}  // namespace minnow::kernels
