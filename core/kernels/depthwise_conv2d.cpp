#include "core/kernels/depthwise_conv2d.h"

#include <algorithm>
#include <numeric>

#include "core/kernels/conv2d_axis.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/depthwise_columns.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t most_pieces = 16;  // of a batch, whose gradients are summed apart

std::int64_t taps_of(const DepthwiseSize& s) { return s.kernel_h * s.kernel_w; }

// Few channels do not fill a register. At stride 1 columns beside one another see the same weights
// at places beside one another: `fold` columns are then taken as one of fold x channels.
std::int64_t fold_of(const DepthwiseSize& s) {
  constexpr std::int64_t register_width = 16, widest = 256;
  const std::int64_t even = register_width / std::gcd(s.channels, register_width);
  if (s.stride_w != 1 || s.channels * even > widest) return 1;
  return std::clamp<std::int64_t>(even, 1, s.out_w);
}

// Weights for columns: kernel_h x kernel_w x width, and a bias of that width or null.
struct Weights {
  std::int64_t width;
  const float* kernel;
  const float* bias;
};

// The output rows and columns at which every tap lies inside the image.
Span inner_rows(const DepthwiseSize& s) {
  const std::int64_t reach = (s.kernel_h - 1) * s.dilation_h;
  return places_inside(-s.pad_top, s.stride_h, s.height - reach, s.out_h);
}
Span inner_columns(const DepthwiseSize& s) {
  const std::int64_t reach = (s.kernel_w - 1) * s.dilation_w;
  return places_inside(-s.pad_left, s.stride_w, s.width - reach, s.out_w);
}

// Row i of one image's output. `folded` is for fold columns at once.
void forward_row(const DepthwiseSize& s, const Weights& single, const Weights& folded,
                 std::int64_t i, const float* image, float* y) {
  const std::int64_t c = s.channels, top = i * s.stride_h - s.pad_top;
  const Span down = places_inside(top, s.dilation_h, s.height, s.kernel_h);
  const float* rows = image + (top + down.begin * s.dilation_h) * s.width * c;
  // `count` columns from the j-th on, which see some of the kernel's columns.
  const auto run = [&](const Weights& w, Span across, std::int64_t j, std::int64_t count) {
    const std::int64_t left = j * s.stride_w - s.pad_left + across.begin * s.dilation_w;
    const std::int64_t first = down.begin * s.kernel_w + across.begin;
    run_depthwise({.down = down.size(),
                   .across = across.size(),
                   .x_row = s.dilation_h * s.width * c,
                   .x_column = s.dilation_w * c,
                   .kernel = w.kernel + first * w.width,
                   .kernel_row = s.kernel_w * w.width,
                   .kernel_column = w.width},
                  {.count = count,
                   .width = w.width,
                   .x = rows + left * c,
                   .x_step = w.width * s.stride_w,
                   .bias = w.bias,
                   .y = y + j * c,
                   .y_step = w.width});
  };
  const Span inner = inner_columns(s), all{0, s.kernel_w};
  const auto edge = [&](Span some) {
    for (std::int64_t j = some.begin; j < some.end; ++j) {
      run(single, places_inside(j * s.stride_w - s.pad_left, s.dilation_w, s.width, s.kernel_w), j,
          1);
    }
  };
  edge({0, inner.begin});
  const std::int64_t fold = folded.width / c, whole = inner.size() / fold;
  run(folded, all, inner.begin, whole);
  const std::int64_t rest = inner.begin + whole * fold;
  if (rest < inner.end && whole > 0) {  // once more with an overlap: the same numbers again
    run(folded, all, inner.end - fold, 1);
  } else {
    run(single, all, rest, inner.end - rest);
  }
  edge({inner.end, s.out_w});
}

// The taps of an axis that the places of a class meet: from `tap` on, each `step` further, of which
// the first meets, for the class's first place, `output`, and each next one `back` before it.
struct Met {
  std::int64_t tap, step, count, output, back;
};
Met met_by(const Axis& axis, std::int64_t first) {
  Met met{0, axis.stride / std::gcd(axis.stride, axis.dilation), 0, 0, 0};
  met.back = met.step * axis.dilation / axis.stride;
  while (met.tap < axis.taps && !axis.hits(first, met.tap)) ++met.tap;
  if (met.tap == axis.taps) return met;
  met.count = (axis.taps - 1 - met.tap) / met.step + 1;
  met.output = axis.output(first, met.tap);
  return met;
}

// Of those the ones that meet one of `count` outputs, for the place that is t-th of its class.
Span inside(const Met& met, std::int64_t t, std::int64_t count) {
  const std::int64_t output = met.output + t;  // tap k meets output - k back
  const std::int64_t end = output < 0 ? 0 : std::min(met.count, output / met.back + 1);
  const std::int64_t begin = std::max<std::int64_t>(0, ceil_div(output - count + 1, met.back));
  return {std::min(begin, end), end};
}

// Row p of one image's input gradient, for any strides.
void input_gradient_row(const DepthwiseSize& s, const float* kernel, std::int64_t p,
                        const float* dy, float* dx) {
  const std::int64_t c = s.channels;
  const Axis rows{s.height, s.kernel_h, s.stride_h, s.pad_top, s.dilation_h};
  const Axis places{s.width, s.kernel_w, s.stride_w, s.pad_left, s.dilation_w};
  const Met down = met_by(rows, p % s.stride_h);
  const std::int64_t row = p / s.stride_h;
  const Span all_down = inside(down, row, s.out_h);
  for (std::int64_t x = 0; x < places.classes(); ++x) {
    const Met across = met_by(places, x);
    // `count` places of the class from the t-th on, which meet some of the taps.
    const auto run = [&](Span some, std::int64_t t, std::int64_t count) {
      const std::int64_t i = down.output + row - all_down.begin * down.back;
      const std::int64_t j = across.output + t - some.begin * across.back;
      const std::int64_t a = down.tap + all_down.begin * down.step;
      const std::int64_t b = across.tap + some.begin * across.step;
      run_depthwise({.down = all_down.size(),
                     .across = some.size(),
                     .x_row = -down.back * s.out_w * c,
                     .x_column = -across.back * c,
                     .kernel = kernel + (a * s.kernel_w + b) * c,
                     .kernel_row = down.step * s.kernel_w * c,
                     .kernel_column = across.step * c},
                    {.count = count,
                     .width = c,
                     .x = dy + (i * s.out_w + j) * c,
                     .x_step = c,
                     .bias = nullptr,
                     .y = dx + (x + t * s.stride_w) * c,
                     .y_step = s.stride_w * c});
    };
    const std::int64_t count = places.places_of(x);
    // Those that meet all taps.
    const std::int64_t last = (across.count - 1) * across.back;
    const Span inner = across.count == 0
                           ? Span{0, count}
                           : places_inside(across.output - last, 1, s.out_w - last, count);
    for (std::int64_t t = 0; t < count;) {
      const bool all = t == inner.begin && inner.size() > 0;
      const std::int64_t some = all ? inner.size() : 1;
      run(all ? Span{0, across.count} : inside(across, t, s.out_w), t, some);
      t += some;
    }
  }
}

// The kernel's gradient over some images.
class KernelGradient {
 public:
  // `part`: fold times the kernel's numbers, which are added to `total` now and then.
  KernelGradient(const DepthwiseSize& s, std::int64_t fold, float* part, double* total)
      : s_(s),
        fold_(fold),
        part_(part),
        total_(total),
        inner_columns_(inner_columns(s)),
        inner_rows_(inner_rows(s)) {
    std::fill_n(part_, taps_of(s) * fold_ * s.channels, 0.0F);
  }

  void add(const float* image, const float* dy) {
    constexpr std::int64_t most_places = 1024;  // of a sum in single precision
    const std::int64_t most_rows = std::max<std::int64_t>(1, most_places / s_.out_w);
    const std::int64_t whole = inner_columns_.begin + inner_columns_.size() / fold_ * fold_;
    for (Span rows{0, 0}; rows.begin < s_.out_h; rows.begin = rows.end) {
      const bool inner = rows.begin >= inner_rows_.begin && rows.begin < inner_rows_.end;
      rows.end = inner ? std::min(rows.begin + most_rows, inner_rows_.end) : rows.begin + 1;
      const auto columns = [&](Span some, std::int64_t fold) {
        if (some.begin < some.end) add_outputs(image, dy, rows, some, fold);
      };
      for (std::int64_t j = 0; j < inner_columns_.begin; ++j) columns({j, j + 1}, 1);
      columns({inner_columns_.begin, whole}, fold_);
      columns({whole, inner_columns_.end}, 1);
      for (std::int64_t j = inner_columns_.end; j < s_.out_w; ++j) columns({j, j + 1}, 1);
      places_ += rows.size() * s_.out_w;
      if (places_ >= most_places) flush();
    }
  }

  void flush() {
    const std::int64_t c = s_.channels;
    for (std::int64_t t = 0; t < taps_of(s_); ++t) {
      for (std::int64_t q = 0; q < fold_ * c; q += c) {
        const float* part = part_ + t * fold_ * c + q;
        for (std::int64_t k = 0; k < c; ++k) total_[t * c + k] += part[k];
      }
    }
    std::fill_n(part_, taps_of(s_) * fold_ * c, 0.0F);
    places_ = 0;
  }

 private:
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
  float* part_;
  double* total_;
  Span inner_columns_, inner_rows_;
  std::int64_t places_ = 0;  // whose products are in `part`
};

double work_of(const DepthwiseSize& s) {
  return 2 + 0.05 * static_cast<double>(s.out_w * s.channels * taps_of(s));
}

// The kernel (turned round where asked) and the bias for one column and for fold of them.
struct Prepared {
  Weights single, folded;
};
Prepared prepare(const DepthwiseSize& s, const float* kernel, const float* bias, bool turned,
                 float* scratch) {
  const std::int64_t c = s.channels, taps = taps_of(s), fold = fold_of(s);
  Prepared p{{c, kernel, bias}, {c, kernel, bias}};
  if (turned) {
    for (std::int64_t t = 0; t < taps; ++t) {
      std::copy_n(kernel + (taps - 1 - t) * c, c, scratch + t * c);
    }
    p.single.kernel = p.folded.kernel = scratch;
    scratch += taps * c;
  }
  if (fold == 1) return p;
  for (std::int64_t t = 0; t < taps * fold; ++t) {
    std::copy_n(p.single.kernel + t / fold * c, c, scratch + t * c);
  }
  p.folded = {fold * c, scratch, nullptr};
  if (bias != nullptr) {
    float* repeated = scratch + taps * fold * c;
    for (std::int64_t f = 0; f < fold; ++f) std::copy_n(bias, c, repeated + f * c);
    p.folded.bias = repeated;
  }
  return p;
}

void run_rows(const Workers& workers, const DepthwiseSize& s, const Prepared& p,
              const ActivationFn& f, std::int64_t batch, const float* x, float* y) {
  const std::int64_t image = s.height * s.width * s.channels, row = s.out_w * s.channels;
  workers.for_each(batch * s.out_h, work_of(s), [&](std::int64_t r) {
    float* out = y + r * row;
    forward_row(s, p.single, p.folded, r % s.out_h, x + r / s.out_h * image, out);
    if (f.kind != ActivationKind::linear) activate_span(f, row, out, out);
  });
}

// The convolution from dy to dx at stride 1.
DepthwiseSize transposed(const DepthwiseSize& s) {
  DepthwiseSize t = s;
  std::swap(t.height, t.out_h);
  std::swap(t.width, t.out_w);
  t.pad_top = (s.kernel_h - 1) * s.dilation_h - s.pad_top;
  t.pad_left = (s.kernel_w - 1) * s.dilation_w - s.pad_left;
  return t;
}

bool is_dense(const DepthwiseSize& s) { return s.stride_h == 1 && s.stride_w == 1; }

}  // namespace

std::int64_t depthwise_scratch(const DepthwiseSize& s) {
  const std::int64_t c = s.channels, taps = taps_of(s);
  const std::int64_t fold = std::max(fold_of(s), fold_of(transposed(s)));
  const std::int64_t weights = taps * c + (taps + 1) * fold * c;
  // Pieces: sums in double, and a fold of floats, for each.
  const std::int64_t gradients = most_pieces * (2 + fold) * taps * c;
  return std::max(weights, gradients);
}

void depthwise_forward(const Workers& workers, const DepthwiseSize& size, std::int64_t batch,
                       const float* x, const float* kernel, float* y, const Epilogue& epilogue,
                       float* scratch) {
  const Prepared p = prepare(size, kernel, epilogue.bias, false, scratch);
  run_rows(workers, size, p, epilogue.activation, batch, x, y);
}

void depthwise_backward_kernel(const Workers& workers, const DepthwiseSize& s, std::int64_t batch,
                               const float* x, const float* dy, float* dkernel, bool accumulate,
                               float* scratch) {
  const std::int64_t weights = taps_of(s) * s.channels, fold = fold_of(s);
  constexpr std::int64_t few_places = 256;  // for which to add up a kernel
  const std::int64_t most = std::min(batch, most_pieces);
  const std::int64_t enough = batch * s.out_h * s.out_w / few_places;
  const std::int64_t pieces = std::max<std::int64_t>(1, std::min(most, enough));
  auto* sums = reinterpret_cast<double*>(scratch);
  float* parts = scratch + 2 * most_pieces * weights;
  const std::int64_t image = s.height * s.width * s.channels, out = s.out_h * s.out_w * s.channels;
  const double work = work_of(s) * static_cast<double>(s.out_h * batch / pieces);
  workers.for_each(pieces, work, [&](std::int64_t p) {
    double* sum = sums + p * weights;
    std::fill_n(sum, weights, 0.0);
    const Span part = split(batch, pieces, p);
    KernelGradient gradient(s, fold, parts + p * fold * weights, sum);
    for (std::int64_t n = part.begin; n < part.end; ++n) {
      gradient.add(x + n * image, dy + n * out);
    }
    gradient.flush();
  });
  for (std::int64_t i = 0; i < weights; ++i) {
    double total = accumulate ? static_cast<double>(dkernel[i]) : 0.0;
    for (std::int64_t p = 0; p < pieces; ++p) total += sums[p * weights + i];
    dkernel[i] = static_cast<float>(total);
  }
}

void depthwise_backward_input(const Workers& workers, const DepthwiseSize& s, std::int64_t batch,
                              const float* dy, const float* kernel, float* dx, float* scratch) {
  if (is_dense(s)) {
    const DepthwiseSize t = transposed(s);
    run_rows(workers, t, prepare(t, kernel, nullptr, true, scratch), {}, batch, dy, dx);
    return;
  }
  const std::int64_t row = s.width * s.channels, out = s.out_h * s.out_w * s.channels;
  workers.for_each(batch * s.height, work_of(s), [&](std::int64_t r) {
    input_gradient_row(s, kernel, r % s.height, dy + r / s.height * out, dx + r * row);
  });
}

}  // namespace minnow::kernels
