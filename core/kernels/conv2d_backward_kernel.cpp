#include <algorithm>

#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_blocks.h"
#include "core/kernels/conv2d_by_taps.h"
#include "core/kernels/conv2d_few_filters.h"
#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_pieces.h"
#include "core/kernels/conv2d_product.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/sum_rows.h"
#include "core/kernels/tile.h"
#include "core/kernels/winograd.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

// A part of the kernel as wide as a tile: some rows of a run, or some short runs' threes, for some
// filters.
struct Part {
  std::int64_t group, filter, columns;
  int width;
  bool in_threes;
  std::int64_t begin, end;  // rows, counted through all runs; or threes
  std::int64_t run;         // of the rows
};

// f(part) for the tiles in [first, last), counted through the kernel; those of one run are one
// part. Returns how many tiles there are.
template <class F>
std::int64_t for_parts(const Conv2DSize& s, const Runs& runs, std::int64_t first, std::int64_t last,
                       F&& f) {
  const Tiles& tiles = kernels::tiles();
  const std::int64_t filters = s.filters / s.groups;
  std::int64_t number = 0;
  // Those of the next `count` tiles.
  const auto next = [&](std::int64_t count) {
    const Span some{std::clamp<std::int64_t>(first - number, 0, count),
                    std::clamp<std::int64_t>(last - number, 0, count)};
    number += count;
    return some;
  };
  for (std::int64_t group = 0; group < s.groups; ++group) {
    for (std::int64_t n = 0; n < filters;) {
      const int width = tiles.width(filters - n);
      const std::int64_t columns = std::min<std::int64_t>(filters - n, width);
      const int tallest = tiles.tallest(width);
      const bool in_threes = runs.go_in_threes(tiles, width);
      Part one{group, group * filters + n, columns, width, in_threes, 0, 0, 0};
      if (one.in_threes) {
        // Of about one height: in a low tile every sum would wait for its last term.
        const std::int64_t threes = runs.count * runs.threes();
        const std::int64_t pieces = ceil_div(threes, std::max(1, tallest / 3));
        const Span some = next(pieces);
        for (std::int64_t t = some.begin; t < some.end; ++t) {
          const Span its = split(threes, pieces, t);
          one.begin = its.begin;
          one.end = its.end;
          f(one);
        }
      } else {
        const TileCut cut(runs.length, tallest);
        for (one.run = 0; one.run < runs.count; ++one.run) {
          const Span some = next(cut.count);
          if (some.size() == 0) continue;
          one.begin = one.run * runs.length + cut.row_of(some.begin);
          one.end = one.run * runs.length + cut.row_of(some.end);
          f(one);
        }
      }
      n += width;
    }
  }
  return number;
}

// What the block adds to the part.
void sum_part(const KernelGradientJob& job, const Runs& runs, const Block& block, const Part& part,
              bool add) {
  const Conv2DSize& s = job.size;
  const Tiles& tiles = kernels::tiles();
  const float* x = block.x + part.group * (s.channels / s.groups);
  TileJob tile{};
  const Span seen =
      part.in_threes ? Span{0, block.places.count()} : block.inside(s, runs.row(s, part.run));
  tile.terms = seen.size();
  tile.offsets = block.first + seen.begin;
  tile.b = block.dy + seen.begin * s.filters + part.filter;
  tile.b_row = s.filters;
  tile.columns = part.columns;
  tile.whole = whole_terms(tile.terms, part.width - part.columns, tile.b_row);
  tile.floor = no_floor;
  if (!part.in_threes) {
    set_rows(tile, runs.step);
    tile.a = x + runs.from(s, part.run, block.row_size) +
             (part.begin - part.run * runs.length) * runs.step;
    tile.c = job.dkernel + part.begin * s.filters + part.filter;
    tile.c_row = s.filters;
    tile.add = add;
    return run_rows(tiles, tile, part.width, part.end - part.begin);
  }
  // Of each three its run, its first row there, and the first of its rows that no other three has.
  struct Three {
    std::int64_t run, row, own;
  };
  Three threes[TileJob::most_groups];
  const std::int64_t count = part.end - part.begin;
  std::int64_t run = part.begin / runs.threes(), own = part.begin % runs.threes() * 3;
  for (std::int64_t t = 0; t < count; ++t) {
    threes[t] = {run, std::min(own, runs.length - 3), own};
    tile.groups[t] = runs.from(s, run, block.row_size) + threes[t].row * runs.step;
    own += 3;
    if (own < runs.length) continue;
    own = 0;
    ++run;
  }
  tile.a = x;
  tile.a_row = runs.step;
  if (runs.length % 3 == 0) {  // one below the other in the kernel, too
    tile.c = job.dkernel + 3 * part.begin * s.filters + part.filter;
    tile.c_row = s.filters;
    tile.add = add;
    return tiles.run(tile, part.width, 3 * count);
  }
  float sums[3 * TileJob::most_groups * widest_panel];
  tile.c = sums;
  tile.c_row = part.width;
  tiles.run(tile, part.width, 3 * count);
  for (std::int64_t t = 0; t < count; ++t) {
    const Three& three = threes[t];
    for (std::int64_t row = three.own; row < three.row + 3; ++row) {
      const float* from = sums + (3 * t + row - three.row) * part.width;
      float* to = job.dkernel + (three.run * runs.length + row) * s.filters + part.filter;
      if (add) {
        for (std::int64_t f = 0; f < part.columns; ++f) to[f] += from[f];
      } else {
        std::copy_n(from, part.columns, to);
      }
    }
  }
}

// The sum over some output rows, counted through the batch, for some parts.
void kernel_gradient(const KernelGradientJob& job, Span parts, Span rows, Block& memory) {
  bool add = job.accumulate;
  const Runs runs(job.size);
  Blocks(job).run(rows, memory, [&](const Block& block) {
    for_parts(job.size, runs, parts.begin, parts.end, [&](const Part& part) {
      sum_part(job, runs, block, part, add);
      if (job.dbias != nullptr && part.begin == 0) {
        sum_bias(job, block, part.filter, part.columns, add);
      }
    });
    add = true;
  });
}

}  // namespace

void conv2d_backward_kernel(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                            const float* x, const float* dy, float* dkernel, float* dbias,
                            bool accumulate) {
  if (is_product(size)) {
    const ProductSides sides(size, batch);
    gemm(workers, {sides.seen, size.filters, sides.outputs}, {x, sides.seen, /*transposed=*/true},
         {dy, size.filters}, dkernel, size.filters, accumulate);
    if (dbias != nullptr) sum_rows(workers, sides.outputs, size.filters, dy, dbias, accumulate);
    return;
  }
  if (winograd_kernel_fits(size, batch)) {
    return winograd_backward_kernel(workers, size, batch, x, dy, dkernel, dbias, accumulate);
  }
  const KernelGradientJob job{size, batch, x, dy, dkernel, dbias, accumulate};
  const std::int64_t rows = batch * size.out_h;
  const std::int64_t numbers = kernel_numbers(size);
  const double work = static_cast<double>(rows * size.out_w) * static_cast<double>(numbers) * 0.03;
  if (!Blocks(job).fit()) {
    const std::int64_t units = kernel_gradient_units(size);
    workers.for_range(units, work / static_cast<double>(units),
                      [&](std::int64_t begin, std::int64_t end) {
                        kernel_gradient_by_taps(job, {begin, end});
                      });
    if (dbias != nullptr) sum_rows(workers, rows * size.out_w, size.filters, dy, dbias, accumulate);
    return;
  }
  if (few_filters_fit(size)) return few_filters_backward_kernel(workers, job, work);
  const std::int64_t parts = for_parts(size, Runs(size), 0, 0, [](const Part&) {});
  const std::int64_t pieces = pieces_of(size, rows);
  sum_pieces<Block>(workers, job, pieces, parts, work,
                    [&](const KernelGradientJob& piece, std::int64_t i, Span some, Block& block) {
                      kernel_gradient(piece, some, split(rows, pieces, i), block);
                    });
}

}  // namespace minnow::kernels
