// Rows of the contract test: layers that scale, drop or move numbers.
#include <fmt/format.h>

#include <utility>

#include "core/parallel.h"
#include "layers/depthwise_conv2d.h"
#include "layers/elu.h"
#include "layers/gaussian_noise.h"
#include "layers/global_pooling2d.h"
#include "layers/leaky_relu.h"
#include "layers/permute.h"
#include "layers/prelu.h"
#include "layers/rescaling.h"
#include "layers/spatial_dropout2d.h"
#include "layers/up_sampling2d.h"
#include "layers/zero_padding2d.h"
#include "tests/layers/case_oracles.h"
#include "tests/layers/layer_cases.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

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

}  // namespace

void add_more_cases(std::vector<LayerCase>& cases) {
  add_scalings(cases);
  add_noise(cases);
  add_images(cases);
  add_depthwise(cases);
}

}  // namespace minnow::test
