#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/spans.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

namespace minnow::kernels {
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
        if (width == 8) {
          all_columns<8>(group, f);
        } else if (width == 4) {
          all_columns<4>(group, f);
        } else {
          all_columns<1>(group, f);
        }
        f += width;
      }
    }
  }

 private:
  template <int cols>
  void all_columns(std::int64_t group, std::int64_t f) const {
    // Where the first and the last tap lie in the image, all do.
    const std::int64_t inner_begin = columns_of_tap(s_, 0).begin;
    const std::int64_t inner_end = columns_of_tap(s_, s_.kernel_w - 1).end;
    for (std::int64_t j = 0; j < s_.out_w;) {
      const bool inner = j >= inner_begin && j < inner_end;
      if (inner && inner_end - j >= 4) {
        tile<4, cols>(group, f, j, {0, s_.kernel_w});
        j += 4;
      } else if (inner && inner_end - j >= 2) {
        tile<2, cols>(group, f, j, {0, s_.kernel_w});
        j += 2;
      } else {
        tile<1, cols>(group, f, j, taps_of_column(s_, j));
        j += 1;
      }
    }
  }

  // Output columns j to j + rows, filters f to f + cols, with the taps in `taps` of each row.
  template <int rows, int cols>
  void tile(std::int64_t group, std::int64_t f, std::int64_t j, Span taps) const {
    const std::int64_t channels = s_.channels / s_.groups;
    const std::int64_t step = s_.stride_w * s_.channels;
    const bool adjoin = taps_adjoin(s_);
    const std::int64_t runs = adjoin ? 1 : taps.size();
    const std::int64_t length = adjoin ? taps.size() * channels : channels;
    const std::int64_t in_x = j * s_.stride_w - s_.pad_left + taps.begin * s_.dilation_w;
    Tile<rows, cols> sum(bias_ == nullptr ? nullptr : bias_ + f);
    for (std::int64_t a = rows_.begin; a < rows_.end; ++a) {
      const std::int64_t in_y = in_y_ + a * s_.dilation_h;
      const float* x = image_ + (in_y * s_.width + in_x) * s_.channels + group * channels;
      const float* k = kernel_ + (a * s_.kernel_w + taps.begin) * channels * s_.filters + f;
      for (std::int64_t run = 0; run < runs; ++run) {
        sum.multiply(length, x, step, 1, k, s_.filters);
        x += s_.dilation_w * s_.channels;
        k += length * s_.filters;
      }
    }
    sum.write(y_ + j * s_.filters + f, s_.filters, false, positive_);
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

}  // namespace

void conv2d_forward(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                    const float* x, const float* kernel, float* y, const Epilogue& epilogue) {
  const std::int64_t image = size.height * size.width * size.channels;
  const std::int64_t row = size.out_w * size.filters;
  const std::int64_t terms = size.kernel_h * size.kernel_w * size.channels / size.groups;
  const ActivationKind kind = epilogue.activation.kind;
  const double work = static_cast<double>(row) * (0.5 + 0.15 * static_cast<double>(terms));
  workers.for_each(batch * size.out_h, work, [&](std::int64_t r) {
    float* out = y + r * row;
    ForwardRow(size, x + r / size.out_h * image, kernel, epilogue, r % size.out_h, out).run();
    if (kind != ActivationKind::linear && kind != ActivationKind::relu) {
      activate_span(epilogue.activation, row, out, out);
    }
  });
}

}  // namespace minnow::kernels
