#include <algorithm>
#include <bit>

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/depthwise_columns.h"
#include "core/kernels/depthwise_conv2d.h"
#include "core/kernels/depthwise_parts.h"
#include "core/kernels/depthwise_threes.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t most_pieces = 16;  // of a batch, whose gradients are summed apart

// The output rows at which every tap lies inside the image.
Span inner_rows(const DepthwiseSize& s) {
  const std::int64_t reach = (s.kernel_h - 1) * s.dilation_h;
  return places_inside(-s.pad_top, s.stride_h, s.height - reach, s.out_h);
}

// The kernel's gradient over some images.
class KernelGradient {
 public:
  // `part` has room for fold times the numbers of the kernel, which are added to `total` now and
  // then; `nothing` is a row of zeros.
  KernelGradient(const DepthwiseSize& s, std::int64_t fold, const float* nothing, float* part,
                 double* total)
      : s_(s),
        fold_(fold),
        nothing_(nothing),
        part_(part),
        total_(total),
        inner_columns_(inner_columns(s)),
        inner_rows_(inner_rows(s)),
        is_3x3_(in_threes(s) && s.kernel_h == 3) {
    std::fill_n(part_, taps_of(s) * fold * s.channels, 0.0F);
  }

  void add(const float* image, const float* dy) {
    constexpr std::int64_t most_places = 1024;  // of a sum in single precision
    const std::int64_t most_rows = std::max<std::int64_t>(1, most_places / s_.out_w);
    for (Span rows{0, 0}; rows.begin < s_.out_h; rows.begin = rows.end) {
      const bool inner = rows.begin >= inner_rows_.begin && rows.begin < inner_rows_.end;
      const std::int64_t most = is_3x3_ ? s_.out_h : inner ? inner_rows_.end : rows.begin + 1;
      rows.end = std::min(rows.begin + most_rows, most);
      if (is_3x3_) {
        add_3x3(image, dy, rows);
      } else {
        add_rows(image, dy, rows);
      }
      places_ += rows.size() * s_.out_w;
      if (places_ >= most_places) flush();
    }
  }

  void flush() {
    run_depthwise_totals(taps_of(s_), fold_, s_.channels, part_, total_);
    places_ = 0;
  }

 private:
  void add_3x3(const float* image, const float* dy, Span rows) {
    run_depthwise_products({.rows = rows.size(),
                            .count = s_.out_w,
                            .channels = s_.channels,
                            .x = image,
                            .x_height = s_.height,
                            .x_width = s_.width,
                            .pad_top = s_.pad_top - rows.begin * s_.stride_h,
                            .pad_left = s_.pad_left,
                            .stride_h = s_.stride_h,
                            .stride_w = s_.stride_w,
                            .dilation_h = s_.dilation_h,
                            .inner = inner_columns_,
                            .nothing = nothing_,
                            .dy = dy + rows.begin * s_.out_w * s_.channels,
                            .sum = part_});
  }

  // Rows of outputs which see the image with the same taps.
  void add_rows(const float* image, const float* dy, Span rows) {
    const std::int64_t whole = inner_columns_.begin + inner_columns_.size() / fold_ * fold_;
    const auto columns = [&](Span some, std::int64_t fold) {
      if (some.begin < some.end) add_outputs(image, dy, rows, some, fold);
    };
    for (std::int64_t j = 0; j < inner_columns_.begin; ++j) columns({j, j + 1}, 1);
    columns({inner_columns_.begin, whole}, fold_);
    columns({whole, inner_columns_.end}, 1);
    for (std::int64_t j = inner_columns_.end; j < s_.out_w; ++j) columns({j, j + 1}, 1);
  }

  // Outputs that see the image with the same taps, `fold` columns of them as one.
  void add_outputs(const float* image, const float* dy, Span rows, Span columns,
                   std::int64_t fold) {
    const std::int64_t c = s_.channels;
    const std::int64_t y = rows.begin * s_.stride_h - s_.pad_top;
    const std::int64_t x = columns.begin * s_.stride_w - s_.pad_left;
    const Span down = places_inside(y, s_.dilation_h, s_.height, s_.kernel_h);
    const Span across = places_inside(x, s_.dilation_w, s_.width, s_.kernel_w);
    DepthwiseProducts job{.rows = rows.size(),
                          .columns = columns.size() / fold,
                          .width = fold * c,
                          .from = image,
                          .x_row = s_.stride_h * s_.width * c,
                          .x_column = fold * c * s_.stride_w,
                          .dy = dy + (rows.begin * s_.out_w + columns.begin) * c,
                          .dy_row = s_.out_w * c,
                          .taps = 0,
                          .x = {},
                          .sum = {}};
    for (std::int64_t a = down.begin; a < down.end; ++a) {
      for (std::int64_t b = across.begin; b < across.end; ++b) {
        job.x[job.taps] = ((y + a * s_.dilation_h) * s_.width + x + b * s_.dilation_w) * c;
        job.sum[job.taps] = part_ + (a * s_.kernel_w + b) * fold_ * c;
        if (++job.taps < DepthwiseProducts::most_taps) continue;
        run_depthwise_products(job);
        job.taps = 0;
      }
    }
    run_depthwise_products(job);
  }

  const DepthwiseSize& s_;
  std::int64_t fold_;
  const float* nothing_;
  float* part_;
  double* total_;
  Span inner_columns_, inner_rows_;
  bool is_3x3_;
  std::int64_t places_ = 0;  // whose products are in `part`
};

}  // namespace

std::int64_t depthwise_scratch(const DepthwiseSize& s) {
  const std::int64_t c = s.channels, taps = taps_of(s);
  const std::int64_t fold = std::max(fold_of(s), fold_of(transposed(s)));
  const std::int64_t weights = taps * c + (taps + 1) * fold * c;
  // Pieces: sums in double, and a fold of floats, for each. And a row of zeros; whole doubles.
  const std::int64_t zeros = (s.width * c + 1) / 2 * 2;
  const std::int64_t gradient = most_pieces * (2 + fold_of(s)) * taps * c + zeros;
  return std::max(weights, gradient);
}

void depthwise_backward_kernel(const Workers& workers, const DepthwiseSize& s, std::int64_t batch,
                               const float* x, const float* dy, float* dkernel, bool accumulate,
                               float* scratch) {
  const std::int64_t weights = taps_of(s) * s.channels, fold = fold_of(s);
  constexpr std::int64_t few_places = 512;  // for which to add up a kernel
  const auto enough = static_cast<std::uint64_t>(ceil_div(batch * s.out_h * s.out_w, few_places));
  const std::int64_t most = std::clamp<std::int64_t>(batch, 1, most_pieces);
  // A power of two: most machines have as many threads.
  const std::int64_t pieces = std::min(static_cast<std::int64_t>(std::bit_ceil(enough)), most);
  auto* sums = reinterpret_cast<double*>(scratch);
  float* parts = scratch + 2 * most_pieces * weights;
  float* nothing = parts + most_pieces * fold * weights;
  std::fill_n(nothing, s.width * s.channels, 0.0F);
  const std::int64_t image = s.height * s.width * s.channels, out = s.out_h * s.out_w * s.channels;
  const double work = work_of(s) * static_cast<double>(s.out_h * batch / pieces);
  workers.for_each(pieces, work, [&](std::int64_t p) {
    double* sum = sums + p * weights;
    std::fill_n(sum, weights, 0.0);
    const Span part = split(batch, pieces, p);
    KernelGradient gradient(s, fold, nothing, parts + p * fold * weights, sum);
    for (std::int64_t n = part.begin; n < part.end; ++n) {
      gradient.add(x + n * image, dy + n * out);
    }
    gradient.flush();
  });
  for (std::int64_t p = 1; p < pieces; ++p) {
    for (std::int64_t i = 0; i < weights; ++i) sums[i] += sums[p * weights + i];
  }
  if (accumulate) {
    for (std::int64_t i = 0; i < weights; ++i) sums[i] += static_cast<double>(dkernel[i]);
  }
  for (std::int64_t i = 0; i < weights; ++i) dkernel[i] = static_cast<float>(sums[i]);
}

}  // namespace minnow::kernels
