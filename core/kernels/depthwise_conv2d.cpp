#include "core/kernels/depthwise_conv2d.h"

#include <algorithm>
#include <numeric>

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/depthwise_conv2d.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#include "core/kernels/registers-inl.h"

#ifndef MINNOW_CORE_KERNELS_DEPTHWISE_CONV2D_CPP_
#define MINNOW_CORE_KERNELS_DEPTHWISE_CONV2D_CPP_
// Once, for all targets.
namespace minnow::kernels {
namespace {

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

// The output columns at which every tap lies inside the image.
Span inner_columns(const DepthwiseSize& s) {
  const std::int64_t begin = std::min(s.out_w, (s.pad_left + s.stride_w - 1) / s.stride_w);
  const std::int64_t room = s.width - 1 + s.pad_left - (s.kernel_w - 1) * s.dilation_w;
  const std::int64_t end = room < 0 ? 0 : std::min(s.out_w, room / s.stride_w + 1);
  return {begin, std::max(begin, end)};
}

}  // namespace
}  // namespace minnow::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

using D = hn::ScalableTag<float>;
constexpr std::int64_t lanes = HWY_LANES(float);

// The taps of one output row or column that lie inside the image.
struct Taps {
  Span down, across;
  std::int64_t row_step, column_step;  // in x, from tap to tap
  std::int64_t kernel_w;
};

// `count` columns of w.width numbers, `x_step` apart in x and w.width apart in y.
template <int count>
HWY_INLINE void columns(const Taps& t, const Weights& w, const float* x, std::int64_t x_step,
                        float* y) {
  const D d;
  for (std::int64_t next = 0; next < w.width; next += lanes) {
    const std::int64_t v = std::min(next, w.width - lanes);  // the last may overlap
    hn::Vec<D> sum[count];
    unrolled<count>([&](auto u) HWY_ATTR { sum[u] = hn::Zero(d); });
    for (std::int64_t a = t.down.begin; a < t.down.end; ++a) {
      for (std::int64_t b = t.across.begin; b < t.across.end; ++b) {
        const auto weight = hn::LoadU(d, w.kernel + (a * t.kernel_w + b) * w.width + v);
        const float* from = x + a * t.row_step + b * t.column_step + v;
        unrolled<count>([&](auto u) HWY_ATTR {
          sum[u] = hn::MulAdd(hn::LoadU(d, from + u * x_step), weight, sum[u]);
        });
      }
    }
    const auto bias = w.bias != nullptr ? hn::LoadU(d, w.bias + v) : hn::Zero(d);
    unrolled<count>([&](auto u)
                        HWY_ATTR { hn::StoreU(hn::Add(sum[u], bias), d, y + u * w.width + v); });
  }
}

void narrow_column(const Taps& t, const Weights& w, const float* x, float* y) {
  for (std::int64_t c = 0; c < w.width; ++c) {
    float sum = 0;
    for (std::int64_t a = t.down.begin; a < t.down.end; ++a) {
      for (std::int64_t b = t.across.begin; b < t.across.end; ++b) {
        sum += x[a * t.row_step + b * t.column_step + c] *
               w.kernel[(a * t.kernel_w + b) * w.width + c];
      }
    }
    y[c] = sum + (w.bias != nullptr ? w.bias[c] : 0.0F);
  }
}

void some_columns(const Taps& t, const Weights& w, std::int64_t n, const float* x,
                  std::int64_t x_step, float* y) {
  std::int64_t i = 0;
  if (w.width < lanes) {
    for (; i < n; ++i) narrow_column(t, w, x + i * x_step, y + i * w.width);
    return;
  }
  for (; i + 8 <= n; i += 8) columns<8>(t, w, x + i * x_step, x_step, y + i * w.width);
  for (; i + 2 <= n; i += 2) columns<2>(t, w, x + i * x_step, x_step, y + i * w.width);
  for (; i < n; ++i) columns<1>(t, w, x + i * x_step, x_step, y + i * w.width);
}

}  // namespace

// Row i of one image's output. `folded` is for fold columns at once.
void depthwise_row(const DepthwiseSize& s, const Weights& single, const Weights& folded,
                   std::int64_t i, const float* image, float* y) {
  const std::int64_t c = s.channels, top = i * s.stride_h - s.pad_top;
  Taps taps{.down = places_inside(top, s.dilation_h, s.height, s.kernel_h),
            .across = {0, s.kernel_w},
            .row_step = s.dilation_h * s.width * c,
            .column_step = s.dilation_w * c,
            .kernel_w = s.kernel_w};
  const auto place = [&](std::int64_t j) {
    return image + (top * s.width + j * s.stride_w - s.pad_left) * c;
  };
  const Span inner = inner_columns(s);
  const auto edge = [&](Span some) {
    for (std::int64_t j = some.begin; j < some.end; ++j) {
      Taps clipped = taps;
      clipped.across =
          places_inside(j * s.stride_w - s.pad_left, s.dilation_w, s.width, s.kernel_w);
      some_columns(clipped, single, 1, place(j), 0, y + j * c);
    }
  };
  edge({0, inner.begin});
  const std::int64_t fold = folded.width / c, whole = inner.size() / fold;
  some_columns(taps, folded, whole, place(inner.begin), folded.width * s.stride_w,
               y + inner.begin * c);
  std::int64_t rest = inner.begin + whole * fold;
  if (rest < inner.end && whole > 0) {  // once more with an overlap: the same numbers again
    rest = inner.end - fold;
    some_columns(taps, folded, 1, place(rest), 0, y + rest * c);
  } else {
    some_columns(taps, single, inner.end - rest, place(rest), c * s.stride_w, y + rest * c);
  }
  edge({inner.end, s.out_w});
}

namespace {

// sum += x dy over columns of `width` numbers, number by number.
HWY_INLINE void add_products(std::int64_t n, std::int64_t width, const float* HWY_RESTRICT x,
                             std::int64_t x_step, const float* HWY_RESTRICT dy,
                             float* HWY_RESTRICT sum) {
  const D d;
  std::int64_t v = 0;
  for (; v + lanes <= width; v += lanes) {
    auto s0 = hn::LoadU(d, sum + v), s1 = hn::Zero(d), s2 = s1, s3 = s1;
    std::int64_t i = 0;
    const auto product = [&](std::int64_t k, auto s) HWY_ATTR {
      return hn::MulAdd(hn::LoadU(d, x + k * x_step + v), hn::LoadU(d, dy + k * width + v), s);
    };
    for (; i + 4 <= n; i += 4) {
      s0 = product(i, s0);
      s1 = product(i + 1, s1);
      s2 = product(i + 2, s2);
      s3 = product(i + 3, s3);
    }
    for (; i < n; ++i) s0 = product(i, s0);
    hn::StoreU(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), d, sum + v);
  }
  for (; v < width; ++v) {
    float s = sum[v];
    for (std::int64_t i = 0; i < n; ++i) s += x[i * x_step + v] * dy[i * width + v];
    sum[v] = s;
  }
}

}  // namespace

// Adds one image's gradient to total[kernel_h][kernel_w][channels]. `part`: fold x channels floats.
void depthwise_kernel_gradient(const DepthwiseSize& s, std::int64_t fold, const float* image,
                               const float* dy, float* part, double* total) {
  const std::int64_t c = s.channels, width = fold * c;
  constexpr std::int64_t numbers = 4096;  // of dy that are gone over for every tap
  const std::int64_t few = std::max<std::int64_t>(1, numbers / (s.out_w * c));
  for (std::int64_t first = 0; first < s.out_h; first += few) {
    for (std::int64_t a = 0; a < s.kernel_h; ++a) {
      for (std::int64_t b = 0; b < s.kernel_w; ++b) {
        std::fill_n(part, width, 0.0F);
        for (std::int64_t i = first; i < std::min(s.out_h, first + few); ++i) {
          const std::int64_t row = i * s.stride_h + a * s.dilation_h - s.pad_top;
          if (row < 0 || row >= s.height) continue;
          const std::int64_t left = b * s.dilation_w - s.pad_left;
          const Span j = places_inside(left, s.stride_w, s.width, s.out_w);
          const float* x = image + (row * s.width + left + j.begin * s.stride_w) * c;
          const float* d = dy + (i * s.out_w + j.begin) * c;
          const std::int64_t whole = j.size() / fold, rest = j.size() % fold;
          add_products(whole, width, x, width * s.stride_w, d, part);
          add_products(rest, c, x + whole * width * s.stride_w, c * s.stride_w, d + whole * width,
                       part);
        }
        double* sum = total + (a * s.kernel_w + b) * c;
        for (std::int64_t f = 0; f < fold; ++f) {
          for (std::int64_t k = 0; k < c; ++k) sum[k] += part[f * c + k];
        }
      }
    }
  }
}

// One image's input gradient where strides are above 1: from every place to what it read.
void depthwise_scatter(const DepthwiseSize& s, const float* HWY_RESTRICT dy,
                       const float* HWY_RESTRICT kernel, float* HWY_RESTRICT dx) {
  const std::int64_t c = s.channels;
  std::fill_n(dx, s.height * s.width * c, 0.0F);
  for (std::int64_t i = 0; i < s.out_h; ++i) {
    const std::int64_t top = i * s.stride_h - s.pad_top;
    const Span down = places_inside(top, s.dilation_h, s.height, s.kernel_h);
    for (std::int64_t j = 0; j < s.out_w; ++j) {
      const std::int64_t left = j * s.stride_w - s.pad_left;
      const Span across = places_inside(left, s.dilation_w, s.width, s.kernel_w);
      const float* from = dy + (i * s.out_w + j) * c;
      for (std::int64_t a = down.begin; a < down.end; ++a) {
        for (std::int64_t b = across.begin; b < across.end; ++b) {
          const float* weight = kernel + (a * s.kernel_w + b) * c;
          float* to = dx + ((top + a * s.dilation_h) * s.width + left + b * s.dilation_w) * c;
          for (std::int64_t k = 0; k < c; ++k) to[k] += from[k] * weight[k];
        }
      }
    }
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(depthwise_row);
HWY_EXPORT(depthwise_kernel_gradient);
HWY_EXPORT(depthwise_scatter);

constexpr std::int64_t most_pieces = 16;  // of a batch, whose gradients are summed apart

std::int64_t taps_of(const DepthwiseSize& s) { return s.kernel_h * s.kernel_w; }

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
    HWY_DYNAMIC_DISPATCH(depthwise_row)
    (s, p.single, p.folded, r % s.out_h, x + r / s.out_h * image, out);
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
  const std::int64_t gradients = most_pieces * (2 * taps * c + (fold + 1) / 2 * 2 * c);
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
  const std::int64_t pieces = std::clamp<std::int64_t>(batch, 1, most_pieces);
  auto* sums = reinterpret_cast<double*>(scratch);
  float* parts = scratch + 2 * most_pieces * weights;
  const std::int64_t image = s.height * s.width * s.channels, out = s.out_h * s.out_w * s.channels;
  const double work = work_of(s) * static_cast<double>(s.out_h * batch / pieces);
  workers.for_each(pieces, work, [&](std::int64_t p) {
    double* sum = sums + p * weights;
    std::fill_n(sum, weights, 0.0);
    const Span part = split(batch, pieces, p);
    for (std::int64_t n = part.begin; n < part.end; ++n) {
      HWY_DYNAMIC_DISPATCH(depthwise_kernel_gradient)
      (s, fold, x + n * image, dy + n * out, parts + p * fold * s.channels, sum);
    }
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
  const std::int64_t image = s.height * s.width * s.channels, out = s.out_h * s.out_w * s.channels;
  workers.for_each(batch, work_of(s) * static_cast<double>(s.out_h), [&](std::int64_t n) {
    HWY_DYNAMIC_DISPATCH(depthwise_scatter)(s, dy + n * out, kernel, dx + n * image);
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
