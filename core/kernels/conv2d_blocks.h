#pragma once

#include <algorithm>
#include <cstdint>

#include "conv2d_jobs.h"
#include "conv2d_slab.h"
#include "conv2d_taps.h"
#include "sum_rows.h"
#include "tile.h"

// Internal to core/kernels: how the gradient of a convolution kernel is cut.
namespace minnow::kernels {

/// Outputs of a sum in registers.
constexpr std::int64_t most_places = 1024;
/// Zeros behind a slab, so that whole registers of it may be read.
constexpr std::int64_t slab_tail = 16;

/// dk[t, f] = sum over places p of x[first(p) + from(t)] dy[p, f]: the product of gemm with the
/// image, as the outputs see it, for A's transpose and dy for B. The kernel's numbers in a row
/// beside one another, a run, lie equally far from one another in the image too: they are the rows
/// of tiles.
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

  /// Where run r begins in an image with rows of row_size numbers.
  std::int64_t from(const Conv2DSize& s, std::int64_t r, std::int64_t row_size) const {
    if (count == s.kernel_h) return r * s.dilation_h * row_size;
    return r / s.kernel_w * s.dilation_h * row_size + r % s.kernel_w * s.dilation_w * s.channels;
  }

  /// The kernel's row that run r lies in.
  std::int64_t row(const Conv2DSize& s, std::int64_t r) const {
    return count == s.kernel_h ? r : r / s.kernel_w;
  }

  /// Runs too short to fill a tile meet in one, in threes of rows: of 4 or 5 rows the last three
  /// begin where they have to. So do runs that leave tiles with few sums, where threes need fewer.
  bool go_in_threes(const Tiles& tiles, int width) const {
    if (length < 3) return false;
    if (length <= 5) return true;
    constexpr std::int64_t few_sums = 12;  // in registers
    const int tallest = tiles.tallest(width);
    const TileCut cut(length, tallest);
    return length % 3 == 0 && cut.height * (width / tiles.lanes) <= few_sums &&
           4 * ceil_div(count * threes(), tallest / 3) <= 3 * count * cut.count;
  }
  std::int64_t threes() const { return (length + 2) / 3; }
};

/// Some output places, beside one another in dy, and the image (or slabs of it) that they see.
struct Places {
  std::int64_t images = 0, rows = 0, columns = 0;
  std::int64_t count() const { return images * rows * columns; }
  bool cover(const Places& p) const {
    return images >= p.images && rows == p.rows && columns == p.columns;
  }
};
struct Block {
  Places places;
  std::int64_t row = 0;  ///< of the first place in its image
  const float* x = nullptr;
  std::int64_t readable = 0;  ///< numbers from x on
  std::int64_t row_size = 0;
  std::int64_t first[most_places];  ///< what each place sees first, for one convolution
  Places known;                     ///< and for these
  const float* dy = nullptr;

  /// The places, from the first to the last, for which a row of the kernel lies inside the image:
  /// elsewhere it meets zeros.
  Span inside(const Conv2DSize& s, std::int64_t kernel_row) const {
    const Span rows = rows_of_tap(s, kernel_row);
    const auto numbers = [&](std::int64_t some) {
      return std::clamp<std::int64_t>(some, 0, places.rows) * places.columns;
    };
    const std::int64_t begin = numbers(rows.begin - row);
    const std::int64_t end = places.count() - numbers(row + places.rows - rows.end);
    return {begin, std::max(begin, end)};
  }
};

/// Cuts output rows, counted through the batch, into blocks: f(block) for each, and for an empty
/// one where there are no rows. How depends on the sizes only. `block` may be one of before, of the
/// same sizes: often its offsets serve again.
class Blocks {
 public:
  explicit Blocks(const KernelGradientJob& job)
      : job_(job),
        s_(job.size),
        high_((s_.kernel_h - 1) * s_.dilation_h + 1),
        wide_((s_.kernel_w - 1) * s_.dilation_w + 1),
        in_place_(!sees_padding(s_)) {
    const std::int64_t columns_of_image = most_slab / (s_.channels * high_);
    const std::int64_t filters = s_.filters / s_.groups;
    const std::int64_t of_place = filters + s_.stride_h * s_.stride_w * s_.channels;
    const std::int64_t terms = s_.kernel_h * s_.kernel_w * s_.channels / s_.groups;
    constexpr std::int64_t many_terms = 64, near = 8192, few_places = 256;
    if (filters >= 6 && filters <= lane_unit && terms >= many_terms) {
      most_ = std::clamp(near / of_place, few_places, most_places);
    }
    columns_ = std::min(most_places, s_.out_w);
    if (!in_place_) {
      columns_ = std::min(columns_, (columns_of_image - wide_) / s_.stride_w + 1);
    }
  }

  /// Whether a slab has room for what enough outputs see to be worth its while.
  bool fit() const {
    if (in_place_) return true;
    if (most_slab / (s_.channels * high_) < wide_) return false;
    const std::int64_t rows = (most_slab / row_size(columns_) - high_) / s_.stride_h + 1;
    return enough_places(columns_ * std::min(rows, s_.out_h), s_.out_h * s_.out_w);
  }

  template <class F>
  void run(Span rows, Block& block, F&& f) const {
    Copies copies;
    block.x = block.dy = copies.numbers;
    if (rows.size() == 0) f(block);
    for (std::int64_t r = rows.begin; r < rows.end;) {
      const std::int64_t i = r % s_.out_h;
      if (columns_ < s_.out_w) {
        for (std::int64_t j = 0; j < s_.out_w; j += columns_) {
          set(block, r / s_.out_h, i, j, {1, 1, std::min(columns_, s_.out_w - j)}, copies);
          f(block);
        }
        ++r;
        continue;
      }
      // Whole images if there is room, else some rows of one.
      const Places image{1, s_.out_h, s_.out_w};
      std::int64_t most = in_place_ ? rows.size() : most_slab / slab_size(image);
      most = std::min({most, most_ / image.count(), (rows.end - r) / s_.out_h});
      Places places{most, s_.out_h, s_.out_w};
      if (i != 0 || most == 0) {
        most = in_place_ ? rows.size() : (most_slab / row_size(s_.out_w) - high_) / s_.stride_h + 1;
        most = std::min(
            {most, std::max<std::int64_t>(1, most_ / s_.out_w), s_.out_h - i, rows.end - r});
        places = {1, most, s_.out_w};
      }
      set(block, r / s_.out_h, i, 0, places, copies);
      f(block);
      r += places.images * places.rows;
    }
  }

 private:
  // Slabs, and for which places, from which one on, they have zeros around the images.
  struct Copies {
    Places cleared;
    std::int64_t row = 0, column = 0;
    alignas(64) float numbers[most_slab + slab_tail];
  };

  std::int64_t row_size(std::int64_t columns) const {
    return in_place_ ? s_.width * s_.channels : ((columns - 1) * s_.stride_w + wide_) * s_.channels;
  }
  std::int64_t slab_size(const Places& places) const {
    return ((places.rows - 1) * s_.stride_h + high_) * row_size(places.columns);
  }

  // The outputs from (i, j) of image n on.
  void set(Block& block, std::int64_t n, std::int64_t i, std::int64_t j, Places places,
           Copies& copies) const {
    const std::int64_t image = s_.height * s_.width * s_.channels, step = s_.stride_w * s_.channels;
    block.places = places;
    block.row = i;
    block.dy = job_.dy + ((n * s_.out_h + i) * s_.out_w + j) * s_.filters;
    block.row_size = row_size(places.columns);
    if (in_place_) {
      const std::int64_t at = n * image + i * s_.stride_h * block.row_size + j * step;
      block.x = job_.x + at;
      block.readable = job_.batch * image - at;
    } else {
      copy(n, i, j, places, copies);
      block.x = copies.numbers;
      block.readable = places.images * slab_size(places) + slab_tail;
    }
    if (block.known.cover(places)) return;
    block.known = places;
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

  // What they see, a slab for each image.
  void copy(std::int64_t n, std::int64_t i, std::int64_t j, const Places& places,
            Copies& copies) const {
    const Slab slab{i * s_.stride_h - s_.pad_top, j * s_.stride_w - s_.pad_left,
                    (places.rows - 1) * s_.stride_h + high_,
                    (places.columns - 1) * s_.stride_w + wide_, s_.channels};
    const bool cleared = copies.cleared.cover(places) && copies.row == i && copies.column == j;
    float* to = copies.numbers;
    for (std::int64_t m = n; m < n + places.images; ++m, to += slab.size()) {
      slab.copy(job_.x + m * s_.height * s_.width * s_.channels, s_.height, s_.width, s_.channels,
                to, !cleared);
    }
    std::fill_n(to, slab_tail, 0.0F);
    if (cleared) return;
    copies.cleared = places;
    copies.row = i;
    copies.column = j;
  }

  const KernelGradientJob& job_;
  const Conv2DSize& s_;
  std::int64_t high_, wide_;
  bool in_place_;
  // At a time: so many that many tiles of a register's width find what they read in the first
  // cache. Wider ones gain less by it than longer sums give.
  std::int64_t most_ = most_places;
  std::int64_t columns_;  // of outputs, that a block takes of a row
};

/// Some filters' share of a block in the bias's gradient, while dy is near.
inline void sum_bias(const KernelGradientJob& job, const Block& block, std::int64_t first,
                     std::int64_t filters, bool add) {
  double sums[block_columns];
  for (std::int64_t f = first; f < first + filters; f += block_columns) {
    const std::int64_t some = std::min(block_columns, first + filters - f);
    sum_columns(block.places.count(), some, job.size.filters, block.dy + f, sums);
    for (std::int64_t q = 0; q < some; ++q) {
      const auto sum = static_cast<float>(sums[q]);
      job.dbias[f + q] = add ? job.dbias[f + q] + sum : sum;
    }
  }
}

}  // namespace minnow::kernels
