// Rows of the contract test: merges, normalisations, and layers that move or scale numbers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/parallel.h"
#include "layers/batch_normalization.h"
#include "layers/concatenate.h"
#include "layers/depthwise_conv2d.h"
#include "layers/elu.h"
#include "layers/gaussian_noise.h"
#include "layers/global_pooling2d.h"
#include "layers/layer_normalization.h"
#include "layers/leaky_relu.h"
#include "layers/merge.h"
#include "layers/normalization.h"
#include "layers/permute.h"
#include "layers/prelu.h"
#include "layers/rescaling.h"
#include "layers/spatial_dropout2d.h"
#include "layers/up_sampling2d.h"
#include "layers/zero_padding2d.h"
#include "tests/layers/layer_cases.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

// y[i] = x[from(row, i)] for `numel` numbers a row, 0 where `from` is below 0.
template <class F>
Oracle taken(std::int64_t x_numel, std::int64_t numel, F from) {
  return oracle_of([=](std::int64_t rows, const auto& x, const auto&) {
    typename std::decay_t<decltype(x)> y(at(rows * numel));
    for (std::int64_t i = 0; i < rows * numel; ++i) {
      const std::int64_t place = from(i % numel);
      if (place >= 0) y[at(i)] = x[at(i / numel * x_numel + place)];
    }
    return y;
  });
}

// y[i] = f(x[i], i, weights).
template <class F>
Oracle mapped(F f) {
  return oracle_of([=](std::int64_t, const auto& x, const auto& weights) {
    auto y = x;
    for (std::size_t i = 0; i < y.size(); ++i) {
      y[i] = f(x[i], static_cast<std::int64_t>(i), weights);
    }
    return y;
  });
}

// y[i] of the numbers of two inputs under it; places of the second by `under`.
template <class F, class U>
Oracle merged(std::int64_t numel, std::int64_t second, U under, F f) {
  return oracle_of([=](std::int64_t rows, const auto& x, const auto&) {
    typename std::decay_t<decltype(x)> y(at(rows * numel));
    for (std::int64_t i = 0; i < rows * numel; ++i) {
      y[at(i)] = f(x[at(i)], x[at(rows * numel + i / numel * second + under(i % numel))]);
    }
    return y;
  });
}

// The mean and the mean square of distances from it, of every k-th of x from `first` to `end`.
template <class T>
struct Moments {
  T mean{}, variance{};
};
template <class T>
Moments<T> moments(const std::vector<T>& x, std::int64_t first, std::int64_t end,
                   std::int64_t step) {
  Moments<T> m;
  double n = 0;
  for (std::int64_t i = first; i < end; i += step, ++n) m.mean += x[at(i)];
  m.mean /= n;
  for (std::int64_t i = first; i < end; i += step) {
    m.variance += (x[at(i)] - m.mean) * (x[at(i)] - m.mean) / n;
  }
  return m;
}

Oracle batch_norm(std::int64_t cols, bool scale, bool center, bool moving) {
  return oracle_of([=](std::int64_t, const auto& x, const auto& weights) {
    auto y = x;
    const std::size_t mean = (scale ? 1U : 0U) + (center ? 1U : 0U);
    for (std::int64_t c = 0; !x.empty() && c < cols; ++c) {
      auto m = moments(x, c, static_cast<std::int64_t>(x.size()), cols);
      if (moving) m = {weights[mean][at(c)], weights[mean + 1][at(c)]};
      for (std::size_t i = at(c); i < y.size(); i += at(cols)) {
        y[i] = (x[i] - m.mean) / sqrt(m.variance + 1e-3);
        if (scale) y[i] *= weights[0][at(c)];
        if (center) y[i] += weights[scale ? 1U : 0U][at(c)];
      }
    }
    return y;
  });
}

Oracle layer_norm(std::int64_t cols, bool scale, bool center) {
  return oracle_of([=](std::int64_t, const auto& x, const auto& weights) {
    auto y = x;
    for (std::int64_t row = 0; row < static_cast<std::int64_t>(x.size()); row += cols) {
      const auto m = moments(x, row, row + cols, 1);
      for (std::int64_t c = 0; c < cols; ++c) {
        auto& v = y[at(row + c)];
        v = (v - m.mean) / sqrt(m.variance + 1e-3);
        if (scale) v *= weights[0][at(c)];
        if (center) v += weights[scale ? 1U : 0U][at(c)];
      }
    }
    return y;
  });
}

// A convolution of as many groups as channels.
Oracle depthwise(kernels::Conv2DSize size, const ActivationArg& arg = "linear") {
  size.groups = size.channels;
  return oracle_of([=, fn = arg.fn()](std::int64_t rows, const auto& x, const auto& weights) {
    auto y = oracle::convolve(size, rows, x, weights[0]);
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (weights.size() > 1) y[i] += weights[1][i % weights[1].size()];
      y[i] = oracle::activate(fn, y[i]);
    }
    return y;
  });
}

void add_scalings(std::vector<LayerCase>& cases) {
  const auto sloped = [](const auto& v, const auto& slope) {
    return real_part(v) > 0 ? v : v * slope;
  };
  cases.push_back({"LeakyReLU",
                   [] { return LeakyReLU(); },
                   {3, 4},
                   {3, 4},
                   mapped([=](const auto& v, std::int64_t, const auto&) {
                     return sloped(v, static_cast<double>(0.3F));
                   })});
  cases.push_back({"ELU",
                   [] { return ELU({.alpha = 0.5F}); },
                   {3, 4},
                   {3, 4},
                   mapped([](const auto& v, std::int64_t, const auto&) {
                     return oracle::activate({.kind = ActivationKind::elu, .slope = 0.5F}, v);
                   })});
  cases.push_back({"PReLU",
                   [] { return PReLU(); },
                   {3, 4},
                   {3, 4},
                   mapped([=](const auto& v, std::int64_t i, const auto& w) {
                     return sloped(v, w[0][at(i % 12)]);
                   })});
  cases.push_back({"PReLUOfEachChannel",
                   [] {
                     return PReLU({.shared_axes = {1, 2}});
                   },
                   {2, 3, 5},
                   {2, 3, 5},
                   mapped([=](const auto& v, std::int64_t i, const auto& w) {
                     return sloped(v, w[0][at(i % 5)]);
                   })});
  cases.push_back({"PReLUSharedAlongTheLastAxis",
                   [] { return PReLU({.shared_axes = {2}}); },
                   {3, 70},
                   {3, 70},
                   mapped([=](const auto& v, std::int64_t i, const auto& w) {
                     return sloped(v, w[0][at(i / 70 % 3)]);
                   }),
                   {{{3},
                     "[PReLU 'here'] input: expected a row with an axis 2, got (N, 3) from Dense "
                     "'before'."}}});
  cases.push_back({"Rescaling",
                   [] { return Rescaling(0.5F, {.offset = -1.0F}); },
                   {3, 4},
                   {3, 4},
                   mapped([](const auto& v, std::int64_t, const auto&) { return v * 0.5 - 1.0; })});
  cases.push_back({"RescalingOfEachFeature",
                   [] {
                     return Rescaling({0.5F, 2, -3}, {.offset = {1, 0, 0.25F}});
                   },
                   {2, 3},
                   {2, 3},
                   mapped([](const auto& v, std::int64_t i, const auto&) {
                     const double scale[] = {0.5, 2, -3}, offset[] = {1, 0, 0.25};
                     return v * scale[i % 3] + offset[i % 3];
                   }),
                   {{{4},
                     "[Rescaling 'here'] input: expected 3 features, one for each scale, got (N, "
                     "4) from Dense 'before'."}}});
}

void add_noise(std::vector<LayerCase>& cases) {
  // The noise is the kernels', which have tests of their own: here it matters whose it is.
  const auto noisy = [](const kernels::NoiseKey& key) {
    return oracle_of([=](std::int64_t, const auto& x, const auto&) {
      std::vector<float> noise(x.size(), 0);
      kernels::gaussian_noise(Workers(1), static_cast<std::int64_t>(x.size()), 0.5F, key,
                              noise.data(), noise.data());
      auto y = x;
      for (std::size_t i = 0; i < y.size(); ++i) y[i] += static_cast<double>(noise[i]);
      return y;
    });
  };
  cases.push_back({"GaussianNoise",
                   [] { return GaussianNoise(0.5F); },
                   {3, 5},
                   {3, 5},
                   noisy({.key = {7, 11}, .step = 3})});
  cases.push_back({"GaussianNoiseWithASeed",
                   [] { return GaussianNoise(0.5F, {.seed = (9LL << 32) + 4}); },
                   {7},
                   {7},
                   noisy({.key = {4, 9}, .step = 3})});
  const auto dropped = oracle_of([](std::int64_t rows, const auto& x, const auto&) {
    std::vector<float> mask(at(rows * 5), 1);
    kernels::dropout(Workers(1), rows * 5, 0.25F, {.key = {7, 11}, .step = 3}, mask.data(),
                     mask.data());
    auto y = x;
    for (std::int64_t i = 0; i < rows * 30; ++i) {
      y[at(i)] *= static_cast<double>(mask[at(i / 30 * 5 + i % 5)]);
    }
    return y;
  });
  cases.push_back({"SpatialDropout2D",
                   [] { return SpatialDropout2D(0.25F); },
                   {2, 3, 5},
                   {2, 3, 5},
                   dropped,
                   {{{6}, not_an_image("SpatialDropout2D")}}});
}

void add_images(std::vector<LayerCase>& cases) {
  cases.push_back({"Permute",
                   [] {
                     return Permute({3, 1, 2});
                   },
                   {2, 3, 4},
                   {4, 2, 3},
                   taken(24, 24, [](std::int64_t i) { return i % 6 * 4 + i / 6; }),
                   {{{2, 3},
                     "[Permute 'here'] input: expected rank 4, got (N, 2, 3) from Dense "
                     "'before'."}}});
  cases.push_back(
      {"PermuteKeepingTheLast",
       [] {
         return Permute({2, 1, 3});
       },
       {2, 3, 4},
       {3, 2, 4},
       taken(24, 24, [](std::int64_t i) { return (i / 4 % 2 * 3 + i / 8) * 4 + i % 4; })});
  cases.push_back({"ZeroPadding2D",
                   [] {
                     return ZeroPadding2D({1, 0, 2, 1});
                   },
                   {2, 3, 2},
                   {3, 6, 2},
                   taken(12, 36,
                         [](std::int64_t i) {
                           const std::int64_t row = i / 12 - 1, column = i / 2 % 6 - 2;
                           const bool inside = row >= 0 && column >= 0 && column < 3;
                           return inside ? (row * 3 + column) * 2 + i % 2 : -1;
                         }),
                   {{{6}, not_an_image("ZeroPadding2D")}}});
  cases.push_back(
      {"UpSampling2D",
       [] {
         return UpSampling2D({3, 2});
       },
       {2, 3, 2},
       {6, 6, 2},
       taken(12, 72, [](std::int64_t i) { return (i / 12 / 3 * 3 + i / 2 % 6 / 2) * 2 + i % 2; }),
       {{{6}, not_an_image("UpSampling2D")}}});
  const auto mean = oracle_of([](std::int64_t rows, const auto& x, const auto&) {
    typename std::decay_t<decltype(x)> y(at(rows * 3));
    for (std::int64_t i = 0; i < rows * 3; ++i) {
      y[at(i)] = moments(x, i / 3 * 60 + i % 3, i / 3 * 60 + 60, 3).mean;
    }
    return y;
  });
  const auto largest = oracle_of([](std::int64_t rows, const auto& x, const auto&) {
    typename std::decay_t<decltype(x)> y(at(rows * 3));
    for (std::int64_t i = 0; i < rows * 3; ++i) {
      y[at(i)] = x[at(i / 3 * 60 + i % 3)];
      for (std::int64_t p = 1; p < 20; ++p) {
        const auto& v = x[at(i / 3 * 60 + p * 3 + i % 3)];
        if (real_part(v) > real_part(y[at(i)])) y[at(i)] = v;
      }
    }
    return y;
  });
  cases.push_back({"GlobalAveragePooling2D",
                   [] { return GlobalAveragePooling2D(); },
                   {4, 5, 3},
                   {3},
                   mean,
                   {{{6}, not_an_image("GlobalAveragePooling2D")}}});
  cases.push_back({"GlobalAveragePooling2DKeepingAxes",
                   [] { return GlobalAveragePooling2D({.keepdims = true}); },
                   {4, 5, 3},
                   {1, 1, 3},
                   mean});
  cases.push_back({"GlobalMaxPooling2D",
                   [] { return GlobalMaxPooling2D(); },
                   {4, 5, 3},
                   {3},
                   largest,
                   {{{6}, not_an_image("GlobalMaxPooling2D")}}});
  cases.push_back({"GlobalMaxPooling2DKeepingAxes",
                   [] { return GlobalMaxPooling2D({.keepdims = true}); },
                   {4, 5, 3},
                   {1, 1, 3},
                   largest});
}

void add_depthwise(std::vector<LayerCase>& cases) {
  const std::string too_small =
      "[DepthwiseConv2D 'here'] input: expected at least (3, 3) for a valid kernel of that size, "
      "got (N, 2, 9, 2) from Dense 'before'. Use padding same or a smaller kernel.";
  cases.push_back({"DepthwiseConv2D",
                   [] { return DepthwiseConv2D(3, {.activation = "relu"}); },
                   {5, 7, 3},
                   {3, 5, 3},
                   depthwise({.height = 5,
                              .width = 7,
                              .channels = 3,
                              .kernel_h = 3,
                              .kernel_w = 3,
                              .filters = 3,
                              .out_h = 3,
                              .out_w = 5},
                             "relu"),
                   {{{6}, not_an_image("DepthwiseConv2D")}, {{2, 9, 2}, too_small}}});
  cases.push_back({"DepthwiseConv2DOfManyColumns",
                   [] { return DepthwiseConv2D(3, {.padding = "same"}); },
                   {3, 37, 2},
                   {3, 37, 2},
                   depthwise({.height = 3,
                              .width = 37,
                              .channels = 2,
                              .kernel_h = 3,
                              .kernel_w = 3,
                              .filters = 2,
                              .out_h = 3,
                              .out_w = 37,
                              .pad_top = 1,
                              .pad_left = 1})});
  cases.push_back({"DepthwiseConv2DOfManyChannels",
                   [] {
                     return DepthwiseConv2D({3, 2}, {.padding = "same"});
                   },
                   {3, 10, 35},
                   {3, 10, 35},
                   depthwise({.height = 3,
                              .width = 10,
                              .channels = 35,
                              .kernel_h = 3,
                              .kernel_w = 2,
                              .filters = 35,
                              .out_h = 3,
                              .out_w = 10,
                              .pad_top = 1})});
  cases.push_back(
      {"DepthwiseConv2DStrided",
       [] {
         return DepthwiseConv2D(
             {3, 2},
             {.strides = 2, .padding = "same", .depth_multiplier = 2, .activation = "tanh"});
       },
       {5, 4, 3},
       {3, 2, 6},
       depthwise({.height = 5,
                  .width = 4,
                  .channels = 3,
                  .kernel_h = 3,
                  .kernel_w = 2,
                  .filters = 6,
                  .out_h = 3,
                  .out_w = 2,
                  .stride_h = 2,
                  .stride_w = 2,
                  .pad_top = 1},
                 "tanh")});
  cases.push_back(
      {"DepthwiseConv2DDilated",
       [] {
         return DepthwiseConv2D(
             2, {.padding = "same", .depth_multiplier = 3, .dilation = {2, 3}, .use_bias = false});
       },
       {4, 6, 2},
       {4, 6, 6},
       depthwise({.height = 4,
                  .width = 6,
                  .channels = 2,
                  .kernel_h = 2,
                  .kernel_w = 2,
                  .filters = 6,
                  .out_h = 4,
                  .out_w = 6,
                  .pad_top = 1,
                  .pad_left = 1,
                  .dilation_h = 2,
                  .dilation_w = 3})});
}

void add_merges(std::vector<LayerCase>& cases) {
  const auto same = [](std::int64_t i) { return i; };
  const Shape shape{3, 4};
  const auto sum = [](const auto& a, const auto& b) { return a + b; };
  const auto product = [](const auto& a, const auto& b) { return a * b; };
  const auto larger = [](const auto& a, const auto& b) {
    return real_part(a) >= real_part(b) ? a : b;
  };
  const auto smaller = [](const auto& a, const auto& b) {
    return real_part(a) <= real_part(b) ? a : b;
  };
  cases.push_back(
      {"Add", [] { return Add(); }, shape, shape, merged(12, 12, same, sum), {}, {shape}});
  cases.push_back({"Subtract",
                   [] { return Subtract(); },
                   shape,
                   shape,
                   merged(12, 12, same, [](const auto& a, const auto& b) { return a - b; }),
                   {},
                   {shape}});
  cases.push_back({"Multiply",
                   [] { return Multiply(); },
                   shape,
                   shape,
                   merged(12, 12, same, product),
                   {},
                   {shape}});
  cases.push_back({"Average",
                   [] { return Average(); },
                   shape,
                   shape,
                   merged(12, 12, same, [](const auto& a, const auto& b) { return (a + b) / 2.0; }),
                   {},
                   {shape}});
  cases.push_back({"Maximum",
                   [] { return Maximum(); },
                   shape,
                   shape,
                   merged(12, 12, same, larger),
                   {},
                   {shape}});
  cases.push_back({"Minimum",
                   [] { return Minimum(); },
                   shape,
                   shape,
                   merged(12, 12, same, smaller),
                   {},
                   {shape}});
  cases.push_back({"AddOfOne",
                   [] { return Add(); },
                   {2},
                   {2},
                   oracle_of([](std::int64_t, const auto& x, const auto&) { return x; })});
  cases.back().takes_several = true;
  // As a squeeze and excitation does.
  cases.push_back({"MultiplyByChannel",
                   [] { return Multiply(); },
                   {2, 3, 5},
                   {2, 3, 5},
                   merged(
                       30, 5, [](std::int64_t i) { return i % 5; }, product),
                   {{{2, 3, 4},
                     "[Multiply 'here'] input: expected (N, 2, 3, 4) or what broadcasts with it, "
                     "got (N, 1, 1, 5) from Dense 'other'."}},
                   {{1, 1, 5}}});
  cases.push_back({"AddOfAShorterRow",
                   [] { return Add(); },
                   {2, 3, 5},
                   {2, 3, 5},
                   merged(
                       30, 15, [](std::int64_t i) { return i % 15; }, sum),
                   {},
                   {{3, 5}}});
  cases.push_back({"MaximumAlongTheMiddle",
                   [] { return Maximum(); },
                   {20, 3, 10},
                   {20, 3, 10},
                   merged(
                       600, 200, [](std::int64_t i) { return i / 30 * 10 + i % 10; }, larger),
                   {},
                   {{20, 1, 10}}});
  const auto three = [](auto join) {
    return oracle_of([join](std::int64_t, const auto& x, const auto&) {
      const std::size_t n = x.size() / 3;
      typename std::decay_t<decltype(x)> y(n);
      for (std::size_t i = 0; i < n; ++i) y[i] = join(join(x[i], x[n + i]), x[2 * n + i]);
      return y;
    });
  };
  cases.push_back(
      {"AddOfThree", [] { return Add(); }, shape, shape, three(sum), {}, {shape, shape}});
  cases.push_back({"MultiplyOfThree",
                   [] { return Multiply(); },
                   shape,
                   shape,
                   three(product),
                   {},
                   {shape, shape}});
  cases.push_back({"MaximumOfThree",
                   [] { return Maximum(); },
                   shape,
                   shape,
                   three(larger),
                   {},
                   {shape, shape}});
  cases.push_back({"MinimumOfThree",
                   [] { return Minimum(); },
                   shape,
                   shape,
                   three(smaller),
                   {},
                   {shape, shape}});
}

// The inputs of 2 x n x 3 numbers for each n, joined along the middle axis.
Oracle joined(std::vector<std::int64_t> parts) {
  return oracle_of([=](std::int64_t rows, const auto& x, const auto&) {
    typename std::decay_t<decltype(x)> y;
    for (std::int64_t piece = 0; piece < rows * 2; ++piece) {
      std::int64_t before = 0;
      for (const std::int64_t n : parts) {
        const auto from = x.begin() + before * rows + piece * n * 3;
        y.insert(y.end(), from, from + n * 3);
        before += 2 * n * 3;
      }
    }
    return y;
  });
}

void add_concatenations(std::vector<LayerCase>& cases) {
  cases.push_back({"Concatenate",
                   [] { return Concatenate({.axis = 2}); },
                   {2, 4, 3},
                   {2, 7, 3},
                   joined({4, 1, 2}),
                   {{{2, 4, 2},
                     "[Concatenate 'here'] input: expected (N, 2, 4, 2) but for axis 2, got (N, 2, "
                     "1, 3) from Dense 'other'."},
                    {{6},
                     "[Concatenate 'here'] input: expected a row with an axis 2, got (N, 6) from "
                     "Dense 'before'."}},
                   {{2, 1, 3}, {2, 2, 3}}});
  cases.push_back({"ConcatenateFeatures",
                   [] { return Concatenate(); },
                   {2, 3},
                   {2, 15},
                   joined({1, 4}),
                   {},
                   {{2, 12}}});
}

void add_normalizations(std::vector<LayerCase>& cases) {
  const std::string scalar =
      "[BatchNormalization 'here'] input: expected at least rank 2 (N, ..., features), got (N,) "
      "from Dense 'before'.";
  const auto batch = [&](std::string name, auto make, const Shape& shape, bool scale, bool center) {
    const std::int64_t cols = shape.back();
    cases.push_back({std::move(name),
                     make,
                     shape,
                     shape,
                     batch_norm(cols, scale, center, false),
                     {{{}, scalar}},
                     {},
                     batch_norm(cols, scale, center, true)});
  };
  batch(
      "BatchNormalization", [] { return BatchNormalization(); }, {5}, true, true);
  batch(
      "BatchNormalizationOfImages", [] { return BatchNormalization({.axis = 3}); }, {3, 4, 7}, true,
      true);
  batch(
      "BatchNormalizationOfManyFeatures", [] { return BatchNormalization({.scale = false}); },
      {200}, false, true);
  batch(
      "BatchNormalizationWithoutCenter", [] { return BatchNormalization({.center = false}); },
      {2, 65}, true, false);
  batch(
      "BatchNormalizationPlain",
      [] { return BatchNormalization({.center = false, .scale = false}); }, {1}, false, false);

  cases.push_back({"LayerNormalization",
                   [] { return LayerNormalization(); },
                   {3, 20},
                   {3, 20},
                   layer_norm(20, true, true),
                   {{{},
                     "[LayerNormalization 'here'] input: expected a row with an axis -1, got (N,) "
                     "from Dense 'before'."}}});
  cases.push_back({"LayerNormalizationOfSeveralAxes",
                   [] {
                     return LayerNormalization({.axis = {-1, -2}, .scale = false});
                   },
                   {2, 3, 4},
                   {2, 3, 4},
                   layer_norm(12, false, true)});
  cases.push_back({"LayerNormalizationWithoutCenter",
                   [] { return LayerNormalization({.axis = {1}, .center = false}); },
                   {37},
                   {37},
                   layer_norm(37, true, false)});

  const auto standardized = [](auto place, bool invert) {
    return mapped([=](const auto& v, std::int64_t i, const auto& w) {
      const auto s = sqrt(w[1][at(place(i))]);
      return invert ? v * s + w[0][at(place(i))] : (v - w[0][at(place(i))]) / s;
    });
  };
  const auto by_feature = [](std::int64_t i) { return i % 4; };
  cases.push_back({"Normalization",
                   [] { return Normalization(); },
                   {3, 4},
                   {3, 4},
                   standardized(by_feature, false)});
  cases.push_back({"NormalizationInverted",
                   [] { return Normalization({.invert = true}); },
                   {3, 4},
                   {3, 4},
                   standardized(by_feature, true)});
  cases.push_back({"NormalizationOfAll",
                   [] { return Normalization({.axis = {}}); },
                   {3, 4},
                   {3, 4},
                   standardized([](std::int64_t) { return 0; }, false)});
  cases.push_back({"NormalizationAlongTheFirstAxis",
                   [] { return Normalization({.axis = {1}}); },
                   {3, 4},
                   {3, 4},
                   standardized([](std::int64_t i) { return i / 4 % 3; }, false)});
  cases.push_back({"NormalizationWithNumbers",
                   [] {
                     return Normalization({.mean = FloatOrList({1, -2}), .variance = {{4, 0.25F}}});
                   },
                   {3, 2},
                   {3, 2},
                   mapped([](const auto& v, std::int64_t i, const auto&) {
                     return i % 2 == 0 ? (v - 1.0) / 2.0 : (v + 2.0) / 0.5;
                   }),
                   {{{3},
                     "[Normalization 'here'] input: expected 2 places on the axes [-1], one for "
                     "each mean, got (N, 3) from Dense 'before'."}}});
}

}  // namespace

void add_more_cases(std::vector<LayerCase>& cases) {
  add_scalings(cases);
  add_noise(cases);
  add_images(cases);
  add_depthwise(cases);
  add_merges(cases);
  add_concatenations(cases);
  add_normalizations(cases);
}

}  // namespace minnow::test
