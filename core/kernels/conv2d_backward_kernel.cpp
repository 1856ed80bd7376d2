#include <algorithm>
#include <limits>

#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_by_taps.h"
#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_pieces.h"
#include "core/kernels/conv2d_product.h"
#include "core/kernels/conv2d_slab.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/sum_rows.h"
#include "core/kernels/tile.h"
#include "core/kernels/winograd.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t most_places = 1024;  // of a sum in registers

// dk[t, f] = sum over places p of x[first(p) + from(t)] dy[p, f]: the product of gemm with the
// image, as the outputs see it, for A's transpose and dy for B. The kernel's numbers in a row
// beside one another, a run, lie equally far from one another in the image too: they are the rows
// of tiles.
struct Runs {
  std::int64_t count, length, step;

  explicit Runs(const Conv2DSize& s) : count(s.kernel_h), step(1) {
    const std::int64_t channels = s.channels / s.groups;
    if (channels == 1) {
      length = s.kernel_w;
      step = s.dilation_w * s.channels;
    } else if (taps_adjoin(s)) {
      length = s.kernel_w * channels;
    } else {
      count *= s.kernel_w;
      length = channels;
    }
  }

  // Where run r begins in an image with rows of row_size numbers.
  std::int64_t from(const Conv2DSize& s, std::int64_t r, std::int64_t row_size) const {
    if (count == s.kernel_h) return r * s.dilation_h * row_size;
    return r / s.kernel_w * s.dilation_h * row_size + r % s.kernel_w * s.dilation_w * s.channels;
  }

  // Runs too short to fill a tile meet in one, in threes of rows: of 4 or 5 rows the last three
  // begin where they have to.
  bool are_short() const { return length >= 3 && length <= 5; }
  std::int64_t threes() const { return (length + 2) / 3; }
};

// A part of the kernel as high and wide as a tile: some rows of a run, or some short runs' threes,
// for some filters.
struct Part {
  std::int64_t group, filter, columns;
  int width;
  std::int64_t begin, end;  // rows, counted through all runs; or threes
};

// f(part) for those in [first, last).
template <class F>
void for_parts(const Conv2DSize& s, const Tiles& tiles, std::int64_t first, std::int64_t last,
               F&& f) {
  const Runs runs(s);
  const std::int64_t filters = s.filters / s.groups;
  std::int64_t number = 0;
  const auto part = [&](const Part& one) {
    if (number >= first && number < last) f(one);
    ++number;
  };
  for (std::int64_t group = 0; group < s.groups; ++group) {
    for (std::int64_t n = 0; n < filters;) {
      const int width = tiles.width(filters - n);
      const std::int64_t columns = std::min<std::int64_t>(filters - n, width);
      Part one{group, group * filters + n, columns, width, 0, 0};
      if (runs.are_short()) {
        const std::int64_t threes = runs.count * runs.threes(), most = tiles.tallest(width) / 3;
        for (; one.begin < threes; one.begin = one.end) {
          one.end = std::min(threes, one.begin + std::max<std::int64_t>(1, most));
          part(one);
        }
      } else {
        const TileCut cut(runs.length, tiles.tallest(width));
        for (std::int64_t t = 0; t < runs.count * cut.count; ++t, one.begin = one.end) {
          one.end = one.begin + cut.height_of(t % cut.count);
          part(one);
        }
      }
      n += width;
    }
  }
}

// Some output places, beside one another in dy, and the image (or slabs of it) that they see.
struct Places {
  std::int64_t images = 0, rows = 0, columns = 0;
  std::int64_t count() const { return images * rows * columns; }
  friend bool operator==(const Places&, const Places&) = default;
};
struct Block {
  Places places;
  const float* x = nullptr;
  std::int64_t row_size = 0;
  std::int64_t first[most_places];  // what each place sees first, for one convolution
  const float* dy = nullptr;
};

// Cuts output rows, counted through the batch, into blocks: f(block) for each, and for an empty one
// where there are no rows. How depends on the sizes only. `block` may be one of before, of the same
// sizes: often its offsets serve again.
class Blocks {
 public:
  explicit Blocks(const KernelGradientJob& job)
      : job_(job),
        s_(job.size),
        high_((s_.kernel_h - 1) * s_.dilation_h + 1),
        wide_((s_.kernel_w - 1) * s_.dilation_w + 1),
        in_place_(!sees_padding(s_)) {
    const std::int64_t columns_of_image = most_slab / (s_.channels * high_);
    columns_ = std::min(most_places, s_.out_w);
    if (!in_place_) {
      columns_ = std::min(columns_, (columns_of_image - wide_) / s_.stride_w + 1);
    }
  }

  // Whether a slab has room for what enough outputs see to be worth its while.
  bool fit() const {
    if (in_place_) return true;
    if (most_slab / (s_.channels * high_) < wide_) return false;
    const std::int64_t rows = (most_slab / row_size(columns_) - high_) / s_.stride_h + 1;
    return enough_places(columns_ * std::min(rows, s_.out_h), s_.out_h * s_.out_w);
  }

  template <class F>
  void run(Span rows, Block& block, F&& f) const {
    float copy[most_slab];
    block.x = block.dy = copy;
    if (rows.size() == 0) f(block);
    for (std::int64_t r = rows.begin; r < rows.end;) {
      const std::int64_t i = r % s_.out_h;
      if (columns_ < s_.out_w) {
        for (std::int64_t j = 0; j < s_.out_w; j += columns_) {
          set(block, r / s_.out_h, i, j, {1, 1, std::min(columns_, s_.out_w - j)}, copy);
          f(block);
        }
        ++r;
        continue;
      }
      // Whole images if there is room, else some rows of one.
      const Places image{1, s_.out_h, s_.out_w};
      std::int64_t most = in_place_ ? rows.size() : most_slab / slab_size(image);
      most = std::min({most, most_places / image.count(), (rows.end - r) / s_.out_h});
      Places places{most, s_.out_h, s_.out_w};
      if (i != 0 || most == 0) {
        most = in_place_ ? rows.size() : (most_slab / row_size(s_.out_w) - high_) / s_.stride_h + 1;
        most = std::min({most, most_places / s_.out_w, s_.out_h - i, rows.end - r});
        places = {1, most, s_.out_w};
      }
      set(block, r / s_.out_h, i, 0, places, copy);
      f(block);
      r += places.images * places.rows;
    }
  }

 private:
  std::int64_t row_size(std::int64_t columns) const {
    return in_place_ ? s_.width * s_.channels : ((columns - 1) * s_.stride_w + wide_) * s_.channels;
  }
  std::int64_t slab_size(const Places& places) const {
    return ((places.rows - 1) * s_.stride_h + high_) * row_size(places.columns);
  }

  // The outputs from (i, j) of image n on.
  void set(Block& block, std::int64_t n, std::int64_t i, std::int64_t j, const Places& places,
           float* copy) const {
    const std::int64_t image = s_.height * s_.width * s_.channels, step = s_.stride_w * s_.channels;
    block.dy = job_.dy + ((n * s_.out_h + i) * s_.out_w + j) * s_.filters;
    block.row_size = row_size(places.columns);
    block.x = copy;
    if (in_place_) block.x = job_.x + n * image + i * s_.stride_h * block.row_size + j * step;
    for (std::int64_t m = 0; m < places.images && !in_place_; ++m) {
      const Slab slab{i * s_.stride_h - s_.pad_top, j * s_.stride_w - s_.pad_left,
                      (places.rows - 1) * s_.stride_h + high_,
                      (places.columns - 1) * s_.stride_w + wide_, s_.channels};
      slab.copy(job_.x + (n + m) * image, s_.height, s_.width, s_.channels, copy + m * slab.size());
    }
    if (block.places == places) return;  // as the block before: so are the offsets
    block.places = places;
    std::int64_t* first = block.first;
    for (std::int64_t m = 0; m < places.images; ++m) {
      const std::int64_t from = m * (in_place_ ? image : slab_size(places));
      for (std::int64_t row = 0; row < places.rows; ++row) {
        const std::int64_t start = from + row * s_.stride_h * block.row_size;
        for (std::int64_t q = 0; q < places.columns; ++q) first[q] = start + q * step;
        first += places.columns;
      }
    }
  }

  const KernelGradientJob& job_;
  const Conv2DSize& s_;
  std::int64_t high_, wide_;
  bool in_place_;
  std::int64_t columns_;  // of outputs, that a block takes of a row
};

// What the block adds to the part.
void sum_part(const KernelGradientJob& job, const Block& block, const Part& part, bool add) {
  const Conv2DSize& s = job.size;
  const Tiles& tiles = kernels::tiles();
  const Runs runs(s);
  const float* x = block.x + part.group * (s.channels / s.groups);
  TileJob tile{};
  tile.terms = block.places.count();
  tile.offsets = block.first;
  tile.b = block.dy + part.filter;
  tile.b_row = s.filters;
  tile.columns = part.columns;
  tile.whole = whole_terms(tile.terms, part.width - part.columns, tile.b_row);
  tile.floor = no_floor;
  if (!runs.are_short()) {
    const std::int64_t r = part.begin / runs.length, within = part.begin % runs.length;
    set_rows(tile, runs.step);
    tile.a = x + runs.from(s, r, block.row_size) + within * runs.step;
    tile.c = job.dkernel + part.begin * s.filters + part.filter;
    tile.c_row = s.filters;
    tile.add = add;
    return run_rows(tiles, tile, part.width, part.end - part.begin);
  }
  float sums[3 * TileJob::most_groups * widest_panel];
  const std::int64_t threes = runs.threes();
  const auto row_of = [&](std::int64_t three) {  // within its run
    return std::min(three % threes * 3, runs.length - 3);
  };
  tile.a = x;
  tile.a_row = runs.step;
  for (std::int64_t three = part.begin; three < part.end; ++three) {
    tile.groups[three - part.begin] =
        runs.from(s, three / threes, block.row_size) + row_of(three) * runs.step;
  }
  tile.c = sums;
  tile.c_row = part.width;
  tiles.run(tile, part.width, 3 * (part.end - part.begin));
  for (std::int64_t three = part.begin; three < part.end; ++three) {
    for (std::int64_t q = three % threes * 3 - row_of(three); q < 3; ++q) {
      const std::int64_t term = three / threes * runs.length + row_of(three) + q;
      const float* from = sums + ((three - part.begin) * 3 + q) * part.width;
      float* to = job.dkernel + term * s.filters + part.filter;
      if (add) {
        for (std::int64_t f = 0; f < part.columns; ++f) to[f] += from[f];
      } else {
        std::copy_n(from, part.columns, to);
      }
    }
  }
}

// The bias's share of a block, while dy is near.
void sum_bias(const KernelGradientJob& job, std::int64_t count, const float* dy, std::int64_t first,
              std::int64_t filters, bool add) {
  double sums[block_columns];
  for (std::int64_t f = first; f < first + filters; f += block_columns) {
    const std::int64_t some = std::min(block_columns, first + filters - f);
    sum_columns(count, some, job.size.filters, dy + f, sums);
    for (std::int64_t q = 0; q < some; ++q) {
      const auto sum = static_cast<float>(sums[q]);
      job.dbias[f + q] = add ? job.dbias[f + q] + sum : sum;
    }
  }
}

std::int64_t count_parts(const Conv2DSize& s) {
  std::int64_t count = 0;
  for_parts(s, tiles(), 0, std::numeric_limits<std::int64_t>::max(), [&](const Part&) { ++count; });
  return count;
}

// The sum over some output rows, counted through the batch, for some parts.
void kernel_gradient(const KernelGradientJob& job, Span parts, Span rows, Block& memory) {
  bool add = job.accumulate;
  Blocks(job).run(rows, memory, [&](const Block& block) {
    for_parts(job.size, tiles(), parts.begin, parts.end, [&](const Part& part) {
      sum_part(job, block, part, add);
      if (job.dbias != nullptr && part.begin == 0) {
        sum_bias(job, block.places.count(), block.dy, part.filter, part.columns, add);
      }
    });
    add = true;
  });
}

// A small kernel has too few parts to share out, and copies of padded images that every thread
// would make: the rows of the batch are cut too.
std::int64_t pieces_of(const Conv2DSize& s, std::int64_t rows) {
  constexpr std::int64_t tiny = 512;  // numbers, which are few tiles
  const std::int64_t most = kernel_numbers(s) <= tiny ? 8 : 4;
  const bool fit = most * (kernel_numbers(s) + s.filters) <= most_piece_numbers;
  return fit ? std::clamp<std::int64_t>(rows / 8, 1, most) : 1;
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
  if (winograd_fits(size)) {
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
  const std::int64_t parts = count_parts(size);
  const std::int64_t pieces = pieces_of(size, rows);
  if (pieces > 1) {
    return sum_pieces<Block>(
        workers, job, pieces, parts, work,
        [&](const KernelGradientJob& piece, std::int64_t i, Span some, Block& block) {
          kernel_gradient(piece, some, split(rows, pieces, i), block);
        });
  }
  workers.for_range(parts, work / static_cast<double>(parts),
                    [&](std::int64_t begin, std::int64_t end) {
                      Block block;
                      kernel_gradient(job, {begin, end}, {0, rows}, block);
                    });
}

}  // namespace minnow::kernels
