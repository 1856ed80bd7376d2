#include "core/kernels/depthwise_conv2d.h"

#include <algorithm>
#include <numeric>

#include "core/kernels/conv2d_axis.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/depthwise_columns.h"
#include "core/kernels/depthwise_parts.h"
#include "core/kernels/depthwise_threes.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

// Weights for columns: kernel_h x kernel_w x width, and a bias of that width or null.
struct Weights {
  std::int64_t width;
  const float* kernel;
  const float* bias;
};

// Whether depthwise_threes computes rows of outputs.
bool rows_in_threes(const DepthwiseSize& s) {
  const std::int64_t pad_right = (s.out_w - 1) * s.stride_w + 3 - s.width - s.pad_left;
  return in_threes(s) && s.stride_w <= 2 && s.out_w >= least_outputs_of_threes &&
         std::max(s.pad_left, pad_right) <= 2;
}

// Row i of one image's output. `folded` is for fold columns at once.
void forward_row(const DepthwiseSize& s, bool threes, const Weights& single, const Weights& folded,
                 std::int64_t i, const float* image, float* y) {
  const std::int64_t c = s.channels, top = i * s.stride_h - s.pad_top;
  const Span down = places_inside(top, s.dilation_h, s.height, s.kernel_h);
  const float* rows = image + (top + down.begin * s.dilation_h) * s.width * c;
  if (threes) {
    run_depthwise_row({.count = s.out_w,
                       .channels = c,
                       .stride = s.stride_w,
                       .down = down.size(),
                       .x = rows,
                       .x_width = s.width,
                       .x_row = s.dilation_h * s.width * c,
                       .pad_left = s.pad_left,
                       .kernel = single.kernel + down.begin * s.kernel_w * c,
                       .bias = single.bias,
                       .y = y});
    return;
  }
  const Span inner = inner_columns(s);
  const std::int64_t fold = folded.width / c;
  for (std::int64_t j = 0; j < s.out_w;) {
    // At an edge one column, which sees some of the kernel's.
    const Weights* w = &single;
    Span across{0, s.kernel_w};
    std::int64_t count = 1;
    if (j < inner.begin || j >= inner.end) {
      across = places_inside(j * s.stride_w - s.pad_left, s.dilation_w, s.width, s.kernel_w);
    } else if (inner.size() >= fold) {
      w = &folded;
      // What is left of a fold once more with an overlap: the same numbers again.
      j = std::min(j, inner.end - fold);
      count = (inner.end - j) / fold;
    } else {
      count = inner.size();
    }
    const std::int64_t left = j * s.stride_w - s.pad_left + across.begin * s.dilation_w;
    const std::int64_t first = down.begin * s.kernel_w + across.begin;
    run_depthwise({.down = down.size(),
                   .across = across.size(),
                   .x_row = s.dilation_h * s.width * c,
                   .x_column = s.dilation_w * c,
                   .kernel = w->kernel + first * w->width,
                   .kernel_row = s.kernel_w * w->width,
                   .kernel_column = w->width},
                  {.count = count,
                   .width = w->width,
                   .x = rows + left * c,
                   .x_step = w->width * s.stride_w,
                   .bias = w->bias,
                   .y = y + j * c,
                   .y_step = w->width});
    j += count * (w->width / c);
  }
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
  const bool threes = rows_in_threes(s);
  workers.for_each(batch * s.out_h, work_of(s), [&](std::int64_t r) {
    float* out = y + r * row;
    forward_row(s, threes, p.single, p.folded, r % s.out_h, x + r / s.out_h * image, out);
    if (f.kind != ActivationKind::linear) activate_span(f, row, out, out);
  });
}

bool is_dense(const DepthwiseSize& s) { return s.stride_h == 1 && s.stride_w == 1; }

}  // namespace

void depthwise_forward(const Workers& workers, const DepthwiseSize& size, std::int64_t batch,
                       const float* x, const float* kernel, float* y, const Epilogue& epilogue,
                       float* scratch) {
  const Prepared p = prepare(size, kernel, epilogue.bias, false, scratch);
  run_rows(workers, size, p, epilogue.activation, batch, x, y);
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
