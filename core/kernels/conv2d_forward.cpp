#include <algorithm>

#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_slab.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/spans.h"
#include "core/kernels/tile.h"
#include "core/kernels/winograd.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t most_terms = 512;  // of a sum in registers

// Where some of the kernel's terms lie, from the first number that an output sees: terms from
// `first` on, in an image whose rows have `row_size` numbers.
class Offsets {
 public:
  const std::int64_t* of(const Conv2DSize& s, std::int64_t first, std::int64_t count,
                         std::int64_t row_size) {
    if (first == first_ && row_size == row_size_) return of_;
    first_ = first;
    row_size_ = row_size;
    const std::int64_t channels = s.channels / s.groups;
    std::int64_t c = first % channels, b = first / channels % s.kernel_w;
    std::int64_t a = first / channels / s.kernel_w;
    for (std::int64_t t = 0; t < count; ++t) {
      of_[t] = a * s.dilation_h * row_size + b * s.dilation_w * s.channels + c;
      if (++c < channels) continue;
      c = 0;
      if (++b < s.kernel_w) continue;
      b = 0;
      ++a;
    }
    return of_;
  }

 private:
  std::int64_t first_ = -1, row_size_ = -1;
  std::int64_t of_[most_terms];
};

// No im2col: the numbers that an output sees lie at the same offsets from its first one, whichever
// output it is, and neighbouring outputs' first ones lie stride_w * channels apart. So a tile of
// output columns x filters is the register tile of gemm, with the image in place of A. Where there
// is padding, a slab of the image with zeros around stands in for it.
class Forward {
 public:
  Forward(const Conv2DSize& size, const float* kernel, const Epilogue& epilogue)
      : s_(size),
        kernel_(kernel),
        bias_(epilogue.bias),
        floor_(epilogue.activation.kind == ActivationKind::relu ? 0.0F : no_floor) {}

  // Output rows [i, i + count) of an image.
  void run(const float* image, std::int64_t i, std::int64_t count, float* y,
           Offsets& offsets) const {
    if (!sees_padding(s_)) {
      return outputs(image + i * s_.stride_h * s_.width * s_.channels, s_.width * s_.channels,
                     count, s_.out_w, y, offsets);
    }
    // As many columns and rows of outputs as a slab has room for.
    const std::int64_t high = (s_.kernel_h - 1) * s_.dilation_h + 1;
    const std::int64_t wide = (s_.kernel_w - 1) * s_.dilation_w + 1;
    const std::int64_t most_columns = most_slab / (s_.channels * high);
    if (most_columns < wide) return taps(image, i, count, y);
    const std::int64_t columns = std::min(s_.out_w, (most_columns - wide) / s_.stride_w + 1);
    const std::int64_t most_rows = most_slab / (s_.channels * ((columns - 1) * s_.stride_w + wide));
    const std::int64_t rows = (most_rows - high) / s_.stride_h + 1;
    constexpr std::int64_t few_terms = 64;  // a tap with fewer is met best together with others
    if (group_channels() >= few_terms &&
        !enough_places(columns * std::min(rows, s_.out_h), s_.out_h * s_.out_w)) {
      return taps(image, i, count, y);
    }
    float copy[most_slab];
    for (std::int64_t row = i; row < i + count; row += rows) {
      const std::int64_t these = std::min(rows, i + count - row);
      for (std::int64_t j = 0; j < s_.out_w; j += columns) {
        const std::int64_t some = std::min(columns, s_.out_w - j);
        const Slab slab{row * s_.stride_h - s_.pad_top, j * s_.stride_w - s_.pad_left,
                        (these - 1) * s_.stride_h + high, (some - 1) * s_.stride_w + wide,
                        s_.channels};
        slab.copy(image, s_.height, s_.width, s_.channels, copy);
        outputs(copy, slab.row_size(), these, some, y + ((row - i) * s_.out_w + j) * s_.filters,
                offsets);
      }
    }
  }

 private:
  std::int64_t group_channels() const { return s_.channels / s_.groups; }
  std::int64_t group_filters() const { return s_.filters / s_.groups; }

  // f(width) for the panels of filters, the job set up for each, with the kernel's terms from
  // `term` on.
  template <class F>
  void panels(const Tiles& tiles, TileJob& job, const float* a, std::int64_t term, float* y,
              F&& f) const {
    for (std::int64_t group = 0; group < s_.groups; ++group) {
      const std::int64_t end = (group + 1) * group_filters();
      for (std::int64_t filter = group * group_filters(); filter < end;) {
        const int width = tiles.width(end - filter);
        job.columns = std::min<std::int64_t>(end - filter, width);
        job.b = kernel_ + term * s_.filters + filter;
        job.bias = !job.add && bias_ != nullptr ? bias_ + filter : nullptr;
        job.a = a + group * group_channels();
        job.c = y + filter;
        f(width);
        filter += width;
      }
    }
  }

  // rows x columns outputs, all of whose taps lie inside: the first one's from x on, in rows of
  // `row_size` numbers.
  void outputs(const float* x, std::int64_t row_size, std::int64_t rows, std::int64_t columns,
               float* y, Offsets& offsets) const {
    const Tiles& tiles = kernels::tiles();
    const std::int64_t terms = s_.kernel_h * s_.kernel_w * group_channels();
    TileJob job{};
    job.b_row = s_.filters;
    job.c_row = s_.filters;
    job.fours = group_channels() % 4 == 0;
    set_rows(job, s_.stride_w * s_.channels);
    for (std::int64_t term = 0; term < terms; term += most_terms) {
      job.terms = std::min(most_terms, terms - term);
      job.offsets = offsets.of(s_, term, job.terms, row_size);
      job.add = term > 0;
      job.floor = term + job.terms == terms ? floor_ : no_floor;
      panels(tiles, job, x, term, y, [&](int width) {
        run_cuts(tiles, job, width, TileCut(columns, tiles.tallest(width)), rows,
                 s_.stride_h * row_size, s_.out_w * s_.filters);
      });
    }
  }

  // The same for images of so many channels that a slab has room for what few outputs see, or none:
  // tap by tap, for the outputs that see the image there.
  void taps(const float* image, std::int64_t i, std::int64_t count, float* y) const {
    const Tiles& tiles = kernels::tiles();
    std::int64_t offsets[most_terms];
    for (std::int64_t t = 0; t < most_terms; ++t) offsets[t] = t;
    TileJob job{};
    job.offsets = offsets;
    job.fours = true;
    job.b_row = s_.filters;
    job.c_row = s_.filters;
    job.floor = no_floor;
    set_rows(job, s_.stride_w * s_.channels);
    const float zero = 0;
    for (std::int64_t row = i; row < i + count; ++row, y += s_.out_w * s_.filters) {
      job.add = false;
      job.terms = 0;
      panels(tiles, job, &zero, 0, y, [&](int width) { run_rows(tiles, job, width, s_.out_w); });
      job.add = true;
      for (std::int64_t tap = 0; tap < s_.kernel_h * s_.kernel_w; ++tap) {
        const std::int64_t b = tap % s_.kernel_w;
        const std::int64_t in_y =
            row * s_.stride_h - s_.pad_top + tap / s_.kernel_w * s_.dilation_h;
        const Span columns = columns_of_tap(s_, b);
        if (in_y < 0 || in_y >= s_.height || columns.size() == 0) continue;
        const std::int64_t in_x = columns.begin * s_.stride_w - s_.pad_left + b * s_.dilation_w;
        const float* x = image + (in_y * s_.width + in_x) * s_.channels;
        for (std::int64_t c = 0; c < group_channels(); c += most_terms) {
          job.terms = std::min(most_terms, group_channels() - c);
          panels(tiles, job, x + c, tap * group_channels() + c, y + columns.begin * s_.filters,
                 [&](int width) { run_rows(tiles, job, width, columns.size()); });
        }
      }
      for (std::int64_t q = 0; floor_ == 0 && q < s_.out_w * s_.filters; ++q) {
        y[q] = y[q] < 0 ? 0 : y[q];
      }
    }
  }

  const Conv2DSize& s_;
  const float* kernel_;
  const float* bias_;
  float floor_;
};

}  // namespace

void conv2d_forward(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                    const float* x, const float* kernel, float* y, const Epilogue& epilogue) {
  if (winograd_fits(size)) {
    return winograd_forward(workers, size, batch, x, kernel, y, epilogue);
  }
  const std::int64_t image = size.height * size.width * size.channels;
  const std::int64_t row = size.out_w * size.filters;
  const std::int64_t terms = size.kernel_h * size.kernel_w * size.channels / size.groups;
  const ActivationKind kind = epilogue.activation.kind;
  const double work = static_cast<double>(row) * (0.2 + 0.03 * static_cast<double>(terms));
  const Forward forward(size, kernel, epilogue);
  workers.for_range(batch * size.out_h, work, [&](std::int64_t begin, std::int64_t end) {
    Offsets offsets;
    for (std::int64_t r = begin; r < end;) {
      const std::int64_t n = r / size.out_h, i = r % size.out_h;
      const std::int64_t count = std::min(size.out_h - i, end - r);
      float* out = y + r * row;
      forward.run(x + n * image, i, count, out, offsets);
      if (kind != ActivationKind::linear && kind != ActivationKind::relu) {
        activate_span(epilogue.activation, count * row, out, out);
      }
      r += count;
    }
  });
}

}  // namespace minnow::kernels
