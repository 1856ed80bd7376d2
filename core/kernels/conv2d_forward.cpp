#include <algorithm>
#include <optional>

#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_offsets.h"
#include "core/kernels/conv2d_product.h"
#include "core/kernels/conv2d_slab.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/conv2d_widened.h"
#include "core/kernels/dots.h"
#include "core/kernels/pack.h"
#include "core/kernels/spans.h"
#include "core/kernels/tile.h"
#include "core/kernels/winograd.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t few_filters = 5;
constexpr std::int64_t most_turned = 8192;  // numbers of a kernel of few filters
constexpr std::int64_t most_sums = 32768;   // outputs to which a tap is added at a time

// No im2col: the numbers that an output sees lie at the same offsets from its first one, whichever
// output it is, and neighbouring outputs' first ones lie stride_w * channels apart. So a tile of
// output columns x filters is the register tile of gemm, with the image in place of A. Where there
// is padding, a slab of the image with zeros around stands in for it. With few filters lanes would
// stay empty: then registers go along what an output sees, and outputs are dot products.
class Forward {
 public:
  // Rows of y lie `out_row` numbers apart.
  Forward(const Conv2DSize& size, const float* kernel, const float* bias, float floor,
          std::int64_t out_row, bool may_dot)
      : s_(size),
        kernel_(kernel),
        bias_(bias),
        floor_(floor),
        out_row_(out_row),
        high_((s_.kernel_h - 1) * s_.dilation_h + 1),
        wide_((s_.kernel_w - 1) * s_.dilation_w + 1),
        inner_rows_(places_inside(-s_.pad_top, s_.stride_h, s_.height - high_ + 1, s_.out_h)),
        inner_columns_(places_inside(-s_.pad_left, s_.stride_w, s_.width - wide_ + 1, s_.out_w)),
        slab_columns_(std::min(s_.out_w, columns_in(most_slab / (s_.channels * high_)))),
        rows_are_small_(multiply_adds_of_row() < 1024),
        by_taps_(sees_padding(s_) && pays_by_taps()),
        by_dots_(may_dot && !by_taps_ && fits_dots()) {
    if (!by_dots_) return;
    const std::int64_t terms = s_.kernel_h * s_.kernel_w * s_.channels;
    pack_columns({kernel, s_.filters, /*transposed=*/true}, {0, s_.filters}, 0, terms, terms,
                 turned_);
  }

  bool by_tiles() const { return !by_taps_ && !by_dots_; }

  // Output rows [i, i + count) of an image.
  void run(const float* image, std::int64_t i, std::int64_t count, float* y,
           Offsets& offsets) const {
    if (by_taps_) {
      const std::int64_t some = std::max<std::int64_t>(most_sums / out_row_, 1);
      for (std::int64_t row = i; row < i + count; row += some) {
        taps(image, row, std::min(some, i + count - row), y + (row - i) * out_row_);
      }
      return;
    }
    const Region all{{i, i + count}, {0, s_.out_w}};
    const Region inner{cut(all.rows, inner_rows_), cut(all.columns, inner_columns_)};
    if (!pays(inner, all)) return slabs(image, all, i, y, offsets);
    const std::int64_t x = inner.columns.begin * s_.stride_w - s_.pad_left;
    outputs(image + ((inner.rows.begin * s_.stride_h - s_.pad_top) * s_.width + x) * s_.channels,
            s_.width * s_.channels, inner, {0, s_.kernel_h}, i, y, offsets);
    const Region around[] = {{{all.rows.begin, inner.rows.begin}, all.columns},
                             {{inner.rows.end, all.rows.end}, all.columns},
                             {inner.rows, {0, inner.columns.begin}},
                             {inner.rows, {inner.columns.end, s_.out_w}}};
    for (const Region& region : around) slabs(image, region, i, y, offsets);
  }

 private:
  // Outputs of an image.
  struct Region {
    Span rows, columns;
    std::int64_t size() const { return rows.size() * columns.size(); }
  };

  // Whether going around `inner`, which is read in place, costs less than copying all: with strides
  // a copy is large beside the sums that are made of it.
  bool pays(const Region& inner, const Region& all) const {
    if (!sees_padding(s_)) return true;
    return s_.stride_h * s_.stride_w > 1 && 3 * inner.size() >= 2 * all.size();
  }

  std::int64_t group_channels() const { return s_.channels / s_.groups; }
  std::int64_t group_filters() const { return s_.filters / s_.groups; }

  // Outputs in a row whose taps lie in so many columns of a slab, and in a column.
  std::int64_t columns_in(std::int64_t width) const {
    return width < wide_ ? 0 : (width - wide_) / s_.stride_w + 1;
  }
  std::int64_t rows_in(std::int64_t height) const {
    return height < high_ ? 0 : (height - high_) / s_.stride_h + 1;
  }
  std::int64_t slab_row(std::int64_t columns) const {
    return ((columns - 1) * s_.stride_w + wide_) * s_.channels;
  }

  // Of whole registers, for a row of outputs.
  std::int64_t multiply_adds_of_row() const {
    return s_.kernel_h * s_.kernel_w * group_channels() * s_.out_w *
           ceil_div(s_.filters, lane_unit);
  }

  // Whether taps are better met one by one, each by all outputs that see the image there, than all
  // of them in a slab: it may have room for few outputs, or none.
  bool pays_by_taps() const {
    if (slab_columns_ == 0) return true;
    constexpr std::int64_t few_terms = 64;  // a tap with fewer is met best together with others
    if (group_channels() < few_terms) return false;
    const bool strided = s_.stride_h * s_.stride_w > 1;
    constexpr std::int64_t small_image = 256;  // with many zeros around
    if (!strided && s_.out_h * s_.out_w <= small_image && s_.filters > few_filters) return true;
    const std::int64_t rows = std::min(rows_in(most_slab / slab_row(slab_columns_)), s_.out_h);
    // With strides most of an image may be read in place.
    const std::int64_t enough = strided ? 40 : 64;
    return !enough_places(slab_columns_ * rows, s_.out_h * s_.out_w, enough);
  }

  // Whether so few filters would leave most of a register's lanes empty, and what an output sees of
  // a row is as long as some registers: then these go along that.
  bool fits_dots() const {
    const std::int64_t run = s_.kernel_w * s_.channels;
    return taps_adjoin(s_) && s_.filters <= few_filters && run % dot_lanes == 0 &&
           s_.kernel_h * run * s_.filters <= most_turned;
  }

  // A region by copies of what it sees, with zeros around the image. y is where row i lies.
  void slabs(const float* image, const Region& region, std::int64_t i, float* y,
             Offsets& offsets) const {
    if (region.size() == 0) return;
    alignas(64) float copy[most_slab];
    const std::int64_t columns = std::min(region.columns.size(), slab_columns_);
    const std::int64_t rows = rows_in(most_slab / slab_row(columns));
    for (std::int64_t row = region.rows.begin; row < region.rows.end; row += rows) {
      const std::int64_t these = std::min(rows, region.rows.end - row);
      for (std::int64_t j = region.columns.begin; j < region.columns.end; j += columns) {
        const std::int64_t some = std::min(columns, region.columns.end - j);
        const Slab slab{row * s_.stride_h - s_.pad_top, j * s_.stride_w - s_.pad_left,
                        (these - 1) * s_.stride_h + high_, (some - 1) * s_.stride_w + wide_,
                        s_.channels};
        slab.copy(image, s_.height, s_.width, s_.channels, copy);
        for (Span part{row, 0}; part.begin < row + these; part.begin = part.end) {
          part.end = std::min(alike_until(part.begin), row + these);
          outputs(copy + (part.begin - row) * s_.stride_h * slab.row_size(), slab.row_size(),
                  {part, {j, j + some}}, kernel_rows(part.begin), i, y, offsets);
        }
      }
    }
  }

  // The rows of the kernel that an output row's taps have inside the image. Others meet zeros: they
  // are left out where that saves more than looking at rows one by one takes.
  Span kernel_rows(std::int64_t row) const {
    if (rows_are_small_) return {0, s_.kernel_h};
    return places_inside(row * s_.stride_h - s_.pad_top, s_.dilation_h, s_.height, s_.kernel_h);
  }
  // Behind the last of the output rows from `row` on that have the same.
  std::int64_t alike_until(std::int64_t row) const {
    if (rows_are_small_) return s_.out_h;
    return row >= inner_rows_.begin && row < inner_rows_.end ? inner_rows_.end : row + 1;
  }

  // f(width) for the panels of filters that meet rows of so many outputs, the job set up for each,
  // with the kernel's terms from `term` on.
  template <class F>
  void panels(const Tiles& tiles, TileJob& job, std::int64_t outputs, const float* a,
              std::int64_t term, float* y, F&& f) const {
    for (std::int64_t group = 0; group < s_.groups; ++group) {
      const std::int64_t end = (group + 1) * group_filters();
      for (std::int64_t filter = group * group_filters(); filter < end;) {
        const int width = tiles.for_rows(outputs, end - filter);
        job.columns = std::min<std::int64_t>(end - filter, width);
        job.whole = whole_terms(job.terms, width - job.columns, s_.filters);
        job.b = kernel_ + term * s_.filters + filter;
        job.bias = !job.add && bias_ != nullptr ? bias_ + filter : nullptr;
        job.a = a + group * group_channels();
        job.c = y + filter;
        f(width);
        filter += width;
      }
    }
  }

  // A region whose taps lie all in x, from the first output's first one on, in rows of `row_size`
  // numbers, and of which some rows of the kernel count. y is where row i lies.
  void outputs(const float* x, std::int64_t row_size, const Region& region, Span kernel_rows,
               std::int64_t i, float* y, Offsets& offsets) const {
    if (by_dots_) return dots(x, row_size, region, i, y);
    const Tiles& tiles = kernels::tiles();
    const std::int64_t of_row = s_.kernel_w * group_channels(), terms = s_.kernel_h * of_row;
    const Span counting{kernel_rows.begin * of_row, kernel_rows.end * of_row};
    const std::int64_t across = s_.stride_w * s_.channels, down = s_.stride_h * row_size;
    // Tiles lie along rows, but along the columns of a narrow region.
    const std::int64_t narrow = tiles.tallest(tiles.broad(group_filters())) / 2;
    const bool upright =
        region.columns.size() <= narrow && region.columns.size() < region.rows.size();
    const std::int64_t length = upright ? region.rows.size() : region.columns.size();
    const std::int64_t count = region.size() / std::max<std::int64_t>(length, 1);
    y += (region.rows.begin - i) * out_row_ + region.columns.begin * s_.filters;
    TileJob job{};
    job.b_row = s_.filters;
    job.c_row = upright ? out_row_ : s_.filters;
    job.fours = group_channels() % 4 == 0;
    set_rows(job, upright ? down : across);
    for (std::int64_t term = 0; term < terms; term += Offsets::most_terms) {
      const Span block{term, std::min(term + Offsets::most_terms, terms)},
          some = cut(block, counting);
      job.add = term > 0;
      job.floor = block.end == terms ? floor_ : no_floor;
      if (some.size() == 0 && job.add && job.floor == no_floor) continue;
      job.terms = some.size();
      job.offsets = offsets.of(s_, term, block.size(), row_size) + (some.begin - term);
      panels(tiles, job, length, x, some.begin, y, [&](int width) {
        run_cuts(tiles, job, width, TileCut(length, tiles.tallest(width)), count,
                 upright ? across : down, upright ? s_.filters : out_row_);
      });
    }
  }

  // The same for few filters.
  void dots(const float* x, std::int64_t row_size, const Region& region, std::int64_t i,
            float* y) const {
    const std::int64_t of_row = s_.kernel_w * s_.channels / dot_lanes;
    const std::int64_t chunks = s_.kernel_h * of_row;
    std::int64_t offsets[most_turned / dot_lanes], terms[most_turned / dot_lanes];
    for (std::int64_t a = 0, t = 0; a < s_.kernel_h; ++a) {
      for (std::int64_t q = 0; q < of_row; ++q, ++t) {
        offsets[t] = a * s_.dilation_h * row_size + q * dot_lanes;
        terms[t] = t * dot_lanes;
      }
    }
    DotJob job{.rows = region.columns.size(),
               .columns = s_.filters,
               .chunks = chunks,
               .a_offsets = offsets,
               .b_offsets = terms,
               .a = x,
               .a_row = s_.stride_w * s_.channels,
               .b = turned_,
               .b_row = chunks * dot_lanes,
               .bias = bias_,
               .c = y + (region.rows.begin - i) * out_row_ + region.columns.begin * s_.filters,
               .c_row = s_.filters,
               .floor = floor_};
    for (std::int64_t row = 0; row < region.rows.size(); ++row) {
      run_dots(job);
      job.a += s_.stride_h * row_size;
      job.c += out_row_;
    }
  }

  // The same tap by tap, for the outputs that see the image there: a tap's weights stay in cache
  // for all of them.
  void taps(const float* image, std::int64_t i, std::int64_t count, float* y) const {
    const Tiles& tiles = kernels::tiles();
    std::int64_t offsets[Offsets::most_terms];
    for (std::int64_t t = 0; t < Offsets::most_terms; ++t) offsets[t] = t;
    TileJob job{};
    job.offsets = offsets;
    job.fours = true;
    job.b_row = s_.filters;
    job.c_row = s_.filters;
    job.floor = no_floor;
    set_rows(job, s_.stride_w * s_.channels);
    const float zero = 0;
    job.terms = 0;
    panels(tiles, job, s_.out_w, &zero, 0, y, [&](int width) {
      run_cuts(tiles, job, width, TileCut(s_.out_w, tiles.tallest(width)), count, 0, out_row_);
    });
    job.add = true;
    for (std::int64_t tap = 0; tap < s_.kernel_h * s_.kernel_w; ++tap) {
      const std::int64_t b = tap % s_.kernel_w;
      const std::int64_t above = tap / s_.kernel_w * s_.dilation_h - s_.pad_top;
      const Span columns = columns_of_tap(s_, b);
      const Span rows = cut({i, i + count}, places_inside(above, s_.stride_h, s_.height, s_.out_h));
      if (rows.size() == 0 || columns.size() == 0) continue;
      const std::int64_t in_y = rows.begin * s_.stride_h + above;
      const std::int64_t in_x = columns.begin * s_.stride_w - s_.pad_left + b * s_.dilation_w;
      const float* x = image + (in_y * s_.width + in_x) * s_.channels;
      float* out = y + (rows.begin - i) * out_row_ + columns.begin * s_.filters;
      for (std::int64_t c = 0; c < group_channels(); c += Offsets::most_terms) {
        job.terms = std::min(Offsets::most_terms, group_channels() - c);
        panels(tiles, job, columns.size(), x + c, tap * group_channels() + c, out, [&](int width) {
          run_cuts(tiles, job, width, TileCut(columns.size(), tiles.tallest(width)), rows.size(),
                   s_.stride_h * s_.width * s_.channels, out_row_);
        });
      }
    }
    if (floor_ == no_floor) return;
    for (std::int64_t row = 0; row < count; ++row, y += out_row_) {
      for (std::int64_t q = 0; q < s_.out_w * s_.filters; ++q) y[q] = y[q] < 0 ? 0 : y[q];
    }
  }

  const Conv2DSize& s_;
  const float* kernel_;
  const float* bias_;
  float floor_;
  std::int64_t out_row_;
  std::int64_t high_, wide_;         // what an output sees
  Span inner_rows_, inner_columns_;  // of outputs that see no padding
  std::int64_t slab_columns_;
  bool rows_are_small_, by_taps_, by_dots_;
  alignas(64) float turned_[most_turned];  // the kernel, filter by filter, for dots
};

// The outputs of a convolution: with few filters several neighbours as one, those behind the last
// whole neighbours by themselves.
class Outputs {
 public:
  struct Memory {
    Offsets offsets, behind;
  };

  Outputs(const Conv2DSize& size, std::int64_t batch, const float* kernel,
          const Epilogue& epilogue) {
    const float floor = epilogue.activation.kind == ActivationKind::relu ? 0.0F : no_floor;
    const std::int64_t row = size.out_w * size.filters;
    forward_.emplace(size, kernel, epilogue.bias, floor, row, /*may_dot=*/true);
    const std::int64_t count = forward_->by_tiles() ? neighbours_as_one(size, batch) : 1;
    if (count == 1) return;
    widened_.emplace(size, count, kernel, epilogue.bias);
    forward_.emplace(widened_->size(), widened_->kernel(), widened_->bias(), floor, row,
                     /*may_dot=*/false);
    last_ = size;
    last_.out_w = size.out_w % count;
    last_.pad_left -= (size.out_w - last_.out_w) * size.stride_w;
    last_y_ = row - last_.out_w * size.filters;
    if (last_.out_w > 0) behind_.emplace(last_, kernel, epilogue.bias, floor, row, false);
  }

  // Output rows [i, i + count) of an image.
  void run(const float* image, std::int64_t i, std::int64_t count, float* y, Memory& memory) const {
    forward_->run(image, i, count, y, memory.offsets);
    if (behind_) behind_->run(image, i, count, y + last_y_, memory.behind);
  }

 private:
  std::optional<Widened> widened_;
  std::optional<Forward> forward_, behind_;
  Conv2DSize last_{};
  std::int64_t last_y_ = 0;  // where those lie in a row of y
};

}  // namespace

void conv2d_forward(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                    const float* x, const float* kernel, float* y, const Epilogue& epilogue,
                    Sharing sharing) {
  if (is_product(size)) {
    const ProductSides sides(size, batch);
    return gemm(workers, {sides.outputs, size.filters, sides.seen}, {x, sides.seen},
                {kernel, size.filters}, y, size.filters, /*accumulate=*/false, epilogue);
  }
  if (winograd_fits(size, batch)) {
    return winograd_forward(workers, size, batch, x, kernel, y, epilogue);
  }
  const std::int64_t image = size.height * size.width * size.channels;
  const std::int64_t row = size.out_w * size.filters;
  const std::int64_t terms = size.kernel_h * size.kernel_w * size.channels / size.groups;
  const ActivationKind kind = epilogue.activation.kind;
  const double work = static_cast<double>(row) * (0.2 + 0.03 * static_cast<double>(terms));
  const Outputs outputs(size, batch, kernel, epilogue);
  // Output rows [begin, end), counted through all images.
  const auto run = [&](std::int64_t begin, std::int64_t end, Outputs::Memory& memory) {
    for (std::int64_t r = begin; r < end;) {
      const std::int64_t n = r / size.out_h, i = r % size.out_h;
      const std::int64_t count = std::min(size.out_h - i, end - r);
      float* out = y + r * row;
      outputs.run(x + n * image, i, count, out, memory);
      if (kind != ActivationKind::linear && kind != ActivationKind::relu) {
        activate_span(epilogue.activation, count * row, out, out);
      }
      r += count;
    }
  };
  if (sharing == Sharing::rows) {
    return workers.for_range(batch * size.out_h, work, [&](std::int64_t begin, std::int64_t end) {
      Outputs::Memory memory;
      run(begin, end, memory);
    });
  }
  workers.for_range(size.out_h, work * static_cast<double>(batch),
                    [&](std::int64_t begin, std::int64_t end) {
                      Outputs::Memory memory;
                      for (std::int64_t n = 0; n < batch; ++n) {
                        run(n * size.out_h + begin, n * size.out_h + end, memory);
                      }
                    });
}

}  // namespace minnow::kernels
