#include "core/kernels/conv2d_few_channels.h"

#include <algorithm>

#include "core/kernels/conv2d_slab.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/conv2d_widened.h"
#include "core/kernels/pack.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

// dx[y, x, c] = sum over a, b and f of dy[y + pad - a, x + pad - b, f] k[a, b, c, f]. For each b
// this is a product: the kernel, a row for each channel, times dy, turned so that a filter's
// numbers of a row lie beside one another, with zeros around them.
namespace minnow::kernels {
namespace {

constexpr std::int64_t most_terms = 1024;     // of a b's sums
constexpr std::int64_t most_numbers = 16384;  // of a kernel

class FewChannels {
 public:
  FewChannels(const Conv2DSize& s, const float* dy, const float* kernel, float* dx)
      : s_(s),
        dy_(dy),
        dx_(dx),
        terms_(s.kernel_h * s.filters),
        columns_(s.width + s.kernel_w - 1),
        row_size_(columns_ * s.filters),
        sums_row_(ceil_div(s.width, widest_panel) * widest_panel) {
    const std::int64_t most_sums = most_slab / (s.channels * sums_row_);
    most_rows_ = std::min(most_slab / row_size_ - s.kernel_h + 1, most_sums);
    for (std::int64_t t = 0; t < terms_; ++t) offsets_[t] = t;
    // The rows of dy that a row of dx meets, from the first one on, meet the last a first.
    for (std::int64_t b = 0; b < s.kernel_w; ++b) {
      for (std::int64_t c = 0; c < s.channels; ++c) {
        for (std::int64_t a = 0; a < s.kernel_h; ++a) {
          const std::int64_t tap = (s.kernel_h - 1 - a) * s.kernel_w + b;
          std::copy_n(kernel + (tap * s.channels + c) * s.filters, s.filters,
                      kernel_ + ((b * s.channels + c) * s.kernel_h + a) * s.filters);
        }
      }
    }
  }

  // Rows [begin, end) of dx, counted through the batch.
  void run(std::int64_t begin, std::int64_t end) const {
    alignas(64) float slab[most_slab + widest_panel], sums[most_slab];
    for (std::int64_t r = begin; r < end;) {
      const std::int64_t n = r / s_.height, row = r % s_.height;
      const std::int64_t rows = std::min({most_rows_, s_.height - row, end - r});
      turn(dy_ + n * s_.out_h * s_.out_w * s_.filters, row, rows, slab);
      sum(slab, rows, sums);
      for (std::int64_t i = 0; i < rows; ++i) {
        pack_columns({sums + i * s_.channels * sums_row_, sums_row_, /*transposed=*/true},
                     {0, s_.width}, 0, s_.channels, static_cast<int>(s_.channels),
                     dx_ + (r + i) * s_.width * s_.channels);
      }
      r += rows;
    }
  }

 private:
  // The rows of dy that `rows` rows of dx meet.
  void turn(const float* image, std::int64_t row, std::int64_t rows, float* slab) const {
    const std::int64_t left = s_.kernel_w - 1 - s_.pad_left;  // of the zeros
    const std::int64_t first = std::max<std::int64_t>(left, 0), skipped = first - left;
    const std::int64_t count = std::min(s_.out_w - skipped, columns_ - first);
    std::fill_n(slab, (rows + s_.kernel_h - 1) * row_size_ + widest_panel, 0.0F);
    for (std::int64_t i = 0; i < rows + s_.kernel_h - 1; ++i, slab += row_size_) {
      const std::int64_t from = row + s_.pad_top - s_.kernel_h + 1 + i;
      if (from < 0 || from >= s_.out_h || count <= 0) continue;
      pack_columns({image + (from * s_.out_w + skipped) * s_.filters, s_.filters,
                    /*transposed=*/true},
                   {0, s_.filters}, 0, count, columns_, slab + first);
    }
  }

  // What lies behind a row's last place is computed too, of whatever follows in the slab: a part of
  // a register takes longer.
  void sum(const float* slab, std::int64_t rows, float* sums) const {
    const Tiles& tiles = kernels::tiles();
    TileJob job{};
    job.terms = terms_;
    job.offsets = offsets_;
    job.fours = true;
    set_rows(job, terms_);
    job.b_row = columns_;
    job.c_row = sums_row_;
    job.floor = no_floor;
    job.b_next = row_size_;
    for (std::int64_t x = 0; x < s_.width; x += job.columns) {
      const int width = tiles.width(s_.width - x);
      const TileCut cut(s_.channels, tiles.tallest(width));
      job.columns = width;
      job.c = sums + x;
      for (std::int64_t b = 0; b < s_.kernel_w; ++b) {
        job.a = kernel_ + b * s_.channels * terms_;
        job.b = slab + x + s_.kernel_w - 1 - b;
        job.add = b > 0;
        run_cuts(tiles, job, width, cut, rows, /*a_next=*/0, s_.channels * sums_row_);
      }
    }
  }

  const Conv2DSize& s_;
  const float* dy_;
  float* dx_;
  std::int64_t terms_, columns_, row_size_, sums_row_, most_rows_;
  std::int64_t offsets_[most_terms];
  alignas(64) float kernel_[most_numbers];
};

}  // namespace

bool few_channels_fit(const Conv2DSize& s) {
  // Eight and more would fill half of a register: then a row is to fill more. But two neighbours'
  // eight fill one, in a convolution of dy.
  const std::int64_t least_width = s.channels < 8 ? 12 : 24;
  const std::int64_t terms_of_two = s.kernel_h * (s.kernel_w + 1) * s.filters;
  if (s.channels == 8 && terms_of_two <= Widened::most_terms) return false;
  const bool plain =
      s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
  return plain && s.channels >= 3 && s.channels <= 12 && s.filters > s.channels &&
         s.width >= least_width && s.kernel_h * s.filters <= most_terms &&
         s.kernel_h * s.kernel_w * s.channels * s.filters <= most_numbers &&
         s.kernel_h * (s.width + s.kernel_w - 1) * s.filters <= most_slab &&
         s.channels * (s.width + widest_panel) <= most_slab;
}

void few_channels_backward_input(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                                 const float* dy, const float* kernel, float* dx, double work) {
  const FewChannels gradient(s, dy, kernel, dx);
  workers.for_range(batch * s.height, work,
                    [&](std::int64_t begin, std::int64_t end) { gradient.run(begin, end); });
}

}  // namespace minnow::kernels
