#include "core/kernels/conv2d.h"

#include <algorithm>

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/spans.h"
#include "core/kernels/winograd.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/conv2d_forward.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/borders-inl.h"
#include "core/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// No im2col: in NHWC the image under one row of the kernel is a run of numbers, and neighbouring
// output columns see runs that start stride_w * channels apart. So a tile of output columns x
// filters is the register tile of gemm, fed once for each row of the kernel.
class ForwardRow {
 public:
  ForwardRow(const Conv2DSize& size, const float* image, const float* kernel,
             const Epilogue& epilogue, std::int64_t i, float* y)
      : s_(size),
        image_(image),
        kernel_(kernel),
        bias_(epilogue.bias),
        positive_(epilogue.activation.kind == ActivationKind::relu),
        y_(y),
        in_y_(i * size.stride_h - size.pad_top),
        rows_(places_inside(in_y_, size.dilation_h, size.height, size.kernel_h)) {}

  void run() const {
    const std::int64_t group_filters = s_.filters / s_.groups;
    for (std::int64_t group = 0; group < s_.groups; ++group) {
      const std::int64_t end = (group + 1) * group_filters;
      for (std::int64_t f = group * group_filters; f < end;) {
        const int width = tile_width(end - f);
        with_width(width, [&](auto cols) HWY_ATTR { all_columns<cols>(group, f, end - f); });
        f += width;
      }
    }
  }

 private:
  // The filters of a tile: the kernel as a matrix of terms x filters has these columns.
  struct Filters {
    std::int64_t group;
    std::int64_t first;
    std::int64_t existing;
    std::int64_t safe;  // terms before the kernel's end that are read where they lie
    const float* tail;  // a copy of the others, in rows as wide as the tile

    const float* row(const ForwardRow& in, std::int64_t term, int width) const {
      return term < safe ? in.kernel_ + term * in.s_.filters + first : tail + (term - safe) * width;
    }
  };

  template <int cols>
  void all_columns(std::int64_t group, std::int64_t first, std::int64_t left) const {
    const std::int64_t terms = s_.kernel_h * s_.kernel_w * (s_.channels / s_.groups);
    const std::int64_t readable = s_.filters - first;
    const std::int64_t near = std::min(terms, rows_near_end(cols, readable, s_.filters));
    float tail[cols * cols];
    for (std::int64_t q = 0; q < near; ++q) {
      const float* from = kernel_ + (terms - near + q) * s_.filters + first;
      std::fill(std::copy_n(from, readable, tail + q * cols), tail + (q + 1) * cols, 0.0F);
    }
    const Filters filters{group, first, std::min<std::int64_t>(left, cols), terms - near, tail};
    // Where the first and the last tap lie in the image, all do.
    const Borders borders(s_.out_w, columns_of_tap(s_, 0).begin,
                          columns_of_tap(s_, s_.kernel_w - 1).end);
    borders.for_outer([&](auto rows, std::int64_t j)
                          HWY_ATTR { border_tile<rows, cols>(filters, j); });
    for_tile_rows(borders.inner.begin, borders.inner.end,
                  [&](auto rows, std::int64_t j) HWY_ATTR { tile<rows, cols>(filters, j); });
  }

  // Output columns j to j + rows.
  template <int rows, int cols>
  HWY_NOINLINE void tile(const Filters& f, std::int64_t j) const {
    const std::int64_t channels = s_.channels / s_.groups;
    const std::int64_t step = s_.stride_w * s_.channels;
    const std::int64_t down = s_.dilation_h * s_.width * s_.channels;
    const std::int64_t in_x = j * s_.stride_w - s_.pad_left;
    const float* x = image_ + (in_y_ * s_.width + in_x) * s_.channels + f.group * channels;
    Tile<rows, cols> sum(bias_ == nullptr ? nullptr : bias_ + f.first, f.existing);
    const bool adjoin = taps_adjoin(s_);
    const std::int64_t length = adjoin ? s_.kernel_w * channels : channels;
    const std::int64_t runs = adjoin ? 1 : s_.kernel_w;  // of that length, in a row of the kernel
    std::int64_t run = rows_.begin * runs, c = 0;
    while (run < rows_.end * runs) {
      const std::int64_t term = run * length + c;
      const float* from = x + run / runs * down + run % runs * s_.dilation_w * s_.channels + c;
      Terms terms{1, length - c, down, 1, length * s_.filters, s_.filters};
      if (term >= f.safe) {
        terms.b_inner = cols;
      } else if (term + terms.inner > f.safe) {
        terms.inner = f.safe - term;
      } else if (adjoin && c == 0) {
        terms.outer = std::min(rows_.end - run, (f.safe - term) / length);
      }
      sum.multiply(terms, from, step, f.row(*this, term, cols));
      c += terms.inner;
      if (c < length) continue;
      c = 0;
      run += terms.outer;
    }
    sum.write(y_ + j * s_.filters + f.first, s_.filters, f.existing, false, positive_);
  }

  // The same where some taps lie outside the image, and read zeros.
  template <int rows, int cols>
  HWY_NOINLINE void border_tile(const Filters& f, std::int64_t j) const {
    const std::int64_t channels = s_.channels / s_.groups;
    Tile<rows, cols> sum(bias_ == nullptr ? nullptr : bias_ + f.first, f.existing);
    for (std::int64_t tap = rows_.begin * s_.kernel_w; tap < rows_.end * s_.kernel_w; ++tap) {
      const std::int64_t in_y = in_y_ + tap / s_.kernel_w * s_.dilation_h;
      const float* image_row = image_ + in_y * s_.width * s_.channels + f.group * channels;
      for (std::int64_t c = 0; c < channels;) {
        const std::int64_t term = tap * channels + c;
        const bool safe = term < f.safe;
        std::int64_t count = std::min(zero_count, channels - c);
        if (safe) count = std::min(count, f.safe - term);
        const float* x[rows];
        for (int q = 0; q < rows; ++q) {
          const std::int64_t in_x =
              (j + q) * s_.stride_w - s_.pad_left + tap % s_.kernel_w * s_.dilation_w;
          const bool inside = in_x >= 0 && in_x < s_.width;
          x[q] = inside ? image_row + in_x * s_.channels + c : zeros;
        }
        sum.multiply({1, count, 0, 1, 0, safe ? s_.filters : cols}, x, f.row(*this, term, cols));
        c += count;
      }
    }
    sum.write(y_ + j * s_.filters + f.first, s_.filters, f.existing, false, positive_);
  }

  const Conv2DSize& s_;
  const float* image_;
  const float* kernel_;
  const float* bias_;
  bool positive_;
  float* y_;
  std::int64_t in_y_;
  Span rows_;  // of the kernel, that lie in the image
};

// Where columns see padding, the few rows of the image that the kernel meets are copied with zeros
// around them: then all tiles are whole.
constexpr std::int64_t most_copied = 4096;

// The columns of the image that a row of outputs sees, padding among them.
std::int64_t columns_seen(const Conv2DSize& s) {
  return (s.out_w - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1;
}

HWY_NOINLINE void padded_row(const Conv2DSize& size, const float* image, const float* kernel,
                             const Epilogue& epilogue, std::int64_t i, float* y) {
  const std::int64_t top = i * size.stride_h - size.pad_top;
  const Span rows = places_inside(top, size.dilation_h, size.height, size.kernel_h);
  Conv2DSize copied = size;
  copied.height = rows.size();
  copied.width = columns_seen(size);
  copied.pad_top = rows.begin;
  copied.pad_left = 0;
  copied.dilation_h = 1;
  const std::int64_t left = std::min(size.pad_left, copied.width);
  const std::int64_t inside = std::min(size.width, copied.width - left);
  float copy[most_copied];
  float* to = copy;
  for (std::int64_t a = rows.begin; a < rows.end; ++a) {
    to = std::fill_n(to, left * size.channels, 0.0F);
    to = std::copy_n(image + (top + a * size.dilation_h) * size.width * size.channels,
                     inside * size.channels, to);
    to = std::fill_n(to, (copied.width - left - inside) * size.channels, 0.0F);
  }
  ForwardRow(copied, copy, kernel, epilogue, 0, y).run();
}

}  // namespace

void forward_row(const Conv2DSize& size, const float* image, const float* kernel,
                 const Epilogue& epilogue, std::int64_t i, float* y) {
  const std::int64_t seen = columns_seen(size);
  const bool sees_padding = size.pad_left > 0 || seen > size.width;
  if (sees_padding && size.kernel_h * seen * size.channels <= most_copied) {
    return padded_row(size, image, kernel, epilogue, i, y);
  }
  ForwardRow(size, image, kernel, epilogue, i, y).run();
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(forward_row);

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
  workers.for_each(batch * size.out_h, work, [&](std::int64_t r) {
    float* out = y + r * row;
    HWY_DYNAMIC_DISPATCH(forward_row)
    (size, x + r / size.out_h * image, kernel, epilogue, r % size.out_h, out);
    if (kind != ActivationKind::linear && kind != ActivationKind::relu) {
      activate_span(epilogue.activation, row, out, out);
    }
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
