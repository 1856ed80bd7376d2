#include <algorithm>
#include <limits>

#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_pieces.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/winograd.h"
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
  std::int64_t filters;  // that exist
  int cols;
};

std::int64_t terms_of(const Conv2DSize& s) {
  return s.kernel_h * s.kernel_w * (s.channels / s.groups);
}

// f(place) for the tiles with numbers in [begin, end).
template <class F>
void for_places(const Conv2DSize& s, std::int64_t begin, std::int64_t end, F&& f) {
  const std::int64_t terms = terms_of(s), group_filters = s.filters / s.groups;
  std::int64_t number = 0;
  for (std::int64_t group = 0; group < s.groups; ++group) {
    for (std::int64_t filter = 0; filter < group_filters;) {
      const int cols = tile_width(group_filters - filter);
      for (std::int64_t term = 0; term < terms; ++number) {
        const int rows = tile_height(terms - term);
        if (number >= begin && number < end) {
          f(TilePlace{group, term, rows, group * group_filters + filter,
                      std::min<std::int64_t>(group_filters - filter, cols), cols});
        }
        term += rows;
      }
      filter += cols;
    }
  }
}

// The places of dy, counted through the batch, whose `cols` numbers from t.filter on lie in it.
std::int64_t safe_places(const KernelGradientJob& job, const TilePlace& t) {
  const Conv2DSize& s = job.size;
  const std::int64_t places = job.batch * s.out_h * s.out_w;
  return places - std::min(places, rows_near_end(t.cols, s.filters - t.filter, s.filters));
}

// Adds (or writes) the sum over output rows [begin, end), counted through the batch.
template <int rows, int cols>
HWY_NOINLINE void sum_tile(const KernelGradientJob& job, const TilePlace& t, Span out_rows,
                           bool add) {
  const Conv2DSize& s = job.size;
  const std::int64_t channels = s.channels / s.groups;
  const std::int64_t step = s.stride_w * s.channels, image_row = s.width * s.channels;
  std::int64_t offset[rows];  // of each row of the tile, from the number under output (0, 0)
  std::int64_t down[rows];    // the image's rows from there
  Span columns[rows];         // the output columns whose tap lies in the image
  Span inner{0, s.out_w};     // those of all taps
  bool beside = true;         // the rows lie beside one another in the image
  std::int64_t tap = t.term / channels, c = t.term % channels;
  for (int q = 0; q < rows; ++q, ++c) {
    if (c == channels) {
      c = 0;
      ++tap;
    }
    if (q > 0 && c > 0) {  // the same tap
      offset[q] = offset[q - 1] + 1;
      down[q] = down[q - 1];
      columns[q] = columns[q - 1];
      continue;
    }
    down[q] = tap / s.kernel_w * s.dilation_h - s.pad_top;
    const std::int64_t right = tap % s.kernel_w * s.dilation_w - s.pad_left;
    offset[q] = down[q] * image_row + right * s.channels + t.group * channels + c;
    columns[q] = columns_of_tap(s, tap % s.kernel_w);
    inner.begin = std::max(inner.begin, columns[q].begin);
    inner.end = std::min(inner.end, columns[q].end);
    beside = beside && (q == 0 || offset[q] == offset[q - 1] + 1);
  }
  inner.end = std::max(inner.begin, inner.end);
  // Rows where every tap is inside; down ascends, so that the first and the last tell of all.
  const Span high = places_inside(down[0], s.stride_h, s.height, s.out_h);
  const Span low = places_inside(down[rows - 1], s.stride_h, s.height, s.out_h);
  const Span whole{std::max(high.begin, low.begin), std::min(high.end, low.end)};

  const std::int64_t places = job.batch * s.out_h * s.out_w, safe = safe_places(job, t);
  float tail[cols * cols];  // a copy of the other places, in rows as wide as the tile
  for (std::int64_t place = safe; place < places; ++place) {
    float* to = tail + (place - safe) * cols;
    const float* from = job.dy + place * s.filters + t.filter;
    std::fill(std::copy_n(from, t.filters, to), to + cols, 0.0F);
  }

  Tile<rows, cols> sum;
  // Output rows i to i + count of image n, columns j to j + width: each tap is inside all of
  // them or outside all of them.
  const auto sum_safe_part = [&](std::int64_t n, std::int64_t i, std::int64_t count, std::int64_t j,
                                 std::int64_t width) HWY_ATTR {
    const std::int64_t in_y = i * s.stride_h;
    const float* x = job.x + (n * s.height + in_y) * image_row + j * step;
    const std::int64_t place = (n * s.out_h + i) * s.out_w + j;
    const bool in_tail = place >= safe;
    const float* dy =
        in_tail ? tail + (place - safe) * cols : job.dy + place * s.filters + t.filter;
    const Terms terms{.outer = count,
                      .inner = width,
                      .a_outer = s.stride_h * image_row,
                      .a_inner = step,
                      .b_outer = s.out_w * s.filters,
                      .b_inner = in_tail ? cols : s.filters};
    if constexpr (rows > 9) {  // more pointers than that do not fit in the registers
      const bool all_inside =
          i >= whole.begin && i < whole.end && j >= inner.begin && j < inner.end;
      if (beside && all_inside) return sum.multiply(terms, x + offset[0], 1, dy);
    }
    const float* taps[rows];
    for (int q = 0; q < rows; ++q) {
      const bool inside = in_y + down[q] >= 0 && in_y + down[q] < s.height &&
                          j >= columns[q].begin && j < columns[q].end;
      taps[q] = inside ? x + offset[q] : zeros;
    }
    sum.multiply(terms, taps, dy);
  };
  const auto sum_part = [&](std::int64_t n, std::int64_t i, std::int64_t count, std::int64_t j,
                            std::int64_t width) {
    std::int64_t done = 0;  // columns of row i
    while (count > 0) {
      const std::int64_t place = (n * s.out_h + i) * s.out_w + j + done;
      std::int64_t now = count, these = width - done;
      if (place + (count - 1) * s.out_w + width > safe) {
        now = done == 0 && place + width <= safe ? (safe - place - width) / s.out_w + 1 : 1;
        if (place < safe) these = std::min(these, safe - place);
      }
      sum_safe_part(n, i, now, j + done, these);
      done += these;
      if (done < width) continue;
      done = 0;
      i += now;
      count -= now;
    }
  };
  for (std::int64_t r = out_rows.begin; r < out_rows.end;) {
    const std::int64_t n = r / s.out_h, i = r % s.out_h;
    const std::int64_t end = std::min(s.out_h, i + out_rows.end - r);
    const Span inside{std::clamp(whole.begin, i, end), std::clamp(whole.end, i, end)};
    if (inside.size() > 0 && inner.size() > 0) {
      sum_part(n, inside.begin, inside.size(), inner.begin, inner.size());
    }
    for (std::int64_t y = i; y < end; ++y) {
      const bool done = y >= inside.begin && y < inside.end;
      for (std::int64_t j = 0; j < s.out_w;) {
        std::int64_t width = 1;
        if (j >= inner.begin && j < inner.end) {
          width = done ? inner.end - j : std::min(inner.end - j, (zero_count - 1) / step + 1);
        }
        if (!done || j < inner.begin || j >= inner.end) sum_part(n, y, 1, j, width);
        j += width;
      }
    }
    r += end - i;
  }
  const std::int64_t place = t.term * s.filters + t.filter;
  sum.write(job.dkernel + place, s.filters, t.filters, add, false);
}

// The bias's share of the same output rows, for the tile's filters: while dy is near.
template <int cols>
HWY_NOINLINE void sum_bias(const KernelGradientJob& job, const TilePlace& t, Span out_rows,
                           bool add) {
  using T = Tile<4, cols>;  // four sums beside one another, which do not wait for each other
  const typename T::D d;
  T sum;
  const auto take = [&](auto row, const float* from) HWY_ATTR {
    unrolled<T::vectors>([&](auto v) HWY_ATTR {
      sum.sum[row][v] = hn::Add(sum.sum[row][v], hn::LoadU(d, from + v * T::width));
    });
  };
  const std::int64_t filters = job.size.filters, end = out_rows.end * job.size.out_w;
  const std::int64_t safe = std::min(end, safe_places(job, t));
  std::int64_t place = out_rows.begin * job.size.out_w;
  const auto dy = [&](std::int64_t at) { return job.dy + at * filters + t.filter; };
  // Which sum a place counts in must not depend on the tile's width, on which `safe` depends.
  float padded[4][cols] = {};
  const auto copy = [&](int row, std::int64_t at) { std::copy_n(dy(at), t.filters, padded[row]); };
  for (; place + 4 <= end; place += 4) {
    const bool in_place = place + 4 <= safe;
    for (int row = 0; row < 4 && !in_place; ++row) copy(row, place + row);
    unrolled<4>([&](auto row) HWY_ATTR { take(row, in_place ? dy(place + row) : padded[row]); });
  }
  for (; place < end; ++place) {
    copy(0, place);
    take(Int<0>{}, padded[0]);
  }
  float total[cols];
  unrolled<T::vectors>([&](auto v) HWY_ATTR {
    hn::StoreU(
        hn::Add(hn::Add(sum.sum[0][v], sum.sum[1][v]), hn::Add(sum.sum[2][v], sum.sum[3][v])), d,
        total + v * T::width);
  });
  float* out = job.dbias + t.filter;
  for (std::int64_t f = 0; f < t.filters; ++f) out[f] = add ? out[f] + total[f] : total[f];
}

// Output rows whose numbers stay in a core's own cache while every tile passes over them. It also
// bounds the length of the sums that are kept in one register.
std::int64_t rows_at_a_time(const Conv2DSize& s) {
  constexpr std::int64_t cache_floats = 98304, longest_sum = 1024;
  const std::int64_t row = s.out_w * s.filters + s.stride_h * s.width * s.channels;
  const std::int64_t rows = std::min(cache_floats / std::max<std::int64_t>(1, row),
                                     longest_sum / std::max<std::int64_t>(1, s.out_w));
  return std::max<std::int64_t>(1, rows);
}

}  // namespace

std::int64_t kernel_gradient_tiles(const Conv2DSize& s) {
  std::int64_t count = 0;
  for_places(s, 0, std::numeric_limits<std::int64_t>::max(), [&](const TilePlace&) { ++count; });
  return count;
}

void kernel_gradient(const KernelGradientJob& job, Span tiles, Span out_rows) {
  const std::int64_t some = rows_at_a_time(job.size);
  std::int64_t r = out_rows.begin;
  do {  // once for an empty batch too, to write the zeros
    const Span now{r, std::min(out_rows.end, r + some)};
    const bool add = job.accumulate || r > out_rows.begin;
    for_places(job.size, tiles.begin, tiles.end, [&](const TilePlace& t) HWY_ATTR {
      with_width(t.cols, [&](auto cols) HWY_ATTR {
        if (t.term == 0 && job.dbias != nullptr) sum_bias<cols>(job, t, now, add);
        with_height(t.rows, [&](auto rows) HWY_ATTR { sum_tile<rows, cols>(job, t, now, add); });
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

// A small kernel has too few tiles to share out: the rows of the batch are cut too.
constexpr std::int64_t most_pieces = 8;
constexpr std::int64_t small_kernel = 2048;
static_assert(most_pieces * 2 * small_kernel <= most_piece_numbers);

void small_kernel_gradient(const Workers& workers, const KernelGradientJob& job, std::int64_t rows,
                           double work) {
  const std::int64_t pieces = std::clamp<std::int64_t>(rows / 8, 1, most_pieces);
  const std::int64_t tiles = HWY_DYNAMIC_DISPATCH(kernel_gradient_tiles)(job.size);
  sum_pieces(workers, job, pieces, work, [&](const KernelGradientJob& piece, std::int64_t i) {
    HWY_DYNAMIC_DISPATCH(kernel_gradient)(piece, {0, tiles}, split(rows, pieces, i));
  });
}

}  // namespace

void conv2d_backward_kernel(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                            const float* x, const float* dy, float* dkernel, float* dbias,
                            bool accumulate) {
  if (winograd_fits(size)) {
    return winograd_backward_kernel(workers, size, batch, x, dy, dkernel, dbias, accumulate);
  }
  const KernelGradientJob job{size, batch, x, dy, dkernel, dbias, accumulate};
  const std::int64_t rows = batch * size.out_h;
  const std::int64_t numbers = kernel_numbers(size);
  const double work = static_cast<double>(rows * size.out_w) * static_cast<double>(numbers) * 0.03;
  if (numbers <= small_kernel) return small_kernel_gradient(workers, job, rows, work);
  const std::int64_t tiles = HWY_DYNAMIC_DISPATCH(kernel_gradient_tiles)(size);
  workers.for_range(tiles, work / static_cast<double>(tiles),
                    [&](std::int64_t begin, std::int64_t end) {
                      HWY_DYNAMIC_DISPATCH(kernel_gradient)(job, {begin, end}, {0, rows});
                    });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
