// A new layer gets its rows here.
#include "tests/layers/layer_cases.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "core/parallel.h"
#include "layers/activation.h"
#include "layers/average_pooling2d.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/max_pooling2d.h"
#include "layers/relu.h"
#include "layers/reshape.h"
#include "layers/softmax.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

template <class T>
std::vector<T> activated(const ActivationFn& fn, std::vector<T> z, std::int64_t cols) {
  if (fn.kind == ActivationKind::softmax) {
    const std::int64_t all = static_cast<std::int64_t>(z.size());
    return z.empty() ? z : oracle::softmax(all / cols, cols, 1, z);
  }
  if (fn.kind == ActivationKind::log_softmax) return oracle::log_softmax(cols, z);
  for (T& v : z) v = oracle::activate(fn, v);
  return z;
}

template <class T>
void add_bias(const std::vector<std::vector<T>>& weights, std::vector<T>& y) {
  if (weights.size() < 2) return;
  const std::vector<T>& bias = weights[1];
  for (std::size_t i = 0; i < y.size(); ++i) y[i] += bias[i % bias.size()];
}

Oracle identity() {
  return oracle_of([](std::int64_t, const auto& x, const auto&) { return x; });
}

Oracle function(const ActivationArg& arg, std::int64_t cols = 1) {
  return oracle_of([fn = arg.fn(), cols](std::int64_t, const auto& x, const auto&) {
    return activated(fn, x, cols);
  });
}

Oracle convolution(const kernels::Conv2DSize& size, const ActivationArg& arg = "linear") {
  return oracle_of([size, fn = arg.fn()](std::int64_t rows, const auto& x, const auto& weights) {
    auto y = oracle::convolve(size, rows, x, weights[0]);
    add_bias(weights, y);
    return activated(fn, std::move(y), size.filters);
  });
}

Oracle dense(std::int64_t places, std::int64_t features, std::int64_t units,
             const ActivationArg& arg = "linear") {
  return oracle_of([=, fn = arg.fn()](std::int64_t rows, const auto& x, const auto& weights) {
    auto y = oracle::product(rows * places, units, features, x, weights[0]);
    add_bias(weights, y);
    return activated(fn, std::move(y), units);
  });
}

Oracle max_pool(const kernels::Pool2DSize& size) {
  return oracle_of([size](std::int64_t rows, const auto& x, const auto&) {
    return oracle::max_pool(size, rows, x);
  });
}

Oracle average_pool(const kernels::Pool2DSize& size) {
  return oracle_of([size](std::int64_t rows, const auto& x, const auto&) {
    return oracle::average_pool(size, rows, x);
  });
}

Oracle softmax(std::int64_t outer, std::int64_t n, std::int64_t inner) {
  return oracle_of([=](std::int64_t rows, const auto& x, const auto&) {
    return x.empty() ? x : oracle::softmax(rows * outer, n, inner, x);
  });
}

// The mask is the kernel's, which has tests of its own: here it matters whose noise it is.
Oracle dropout(float rate, const kernels::NoiseKey& noise) {
  return oracle_of([=](std::int64_t, const auto& x, const auto&) {
    std::vector<float> mask(x.size(), 1);
    kernels::dropout(Workers(1), static_cast<std::int64_t>(x.size()), rate, noise, mask.data(),
                     mask.data());
    auto y = x;
    for (std::size_t i = 0; i < y.size(); ++i) y[i] *= static_cast<double>(mask[i]);
    return y;
  });
}

void add_convolutions(std::vector<LayerCase>& cases) {
  const std::string too_small =
      " for a valid kernel of that size, got (N, 2, 9, 2) from Dense 'before'. Use padding same or "
      "a "
      "smaller kernel.";
  cases.push_back({"Conv2DValid",
                   [] {
                     return Conv2D(3, {3, 3}, {.activation = "relu"});
                   },
                   {5, 4, 2},
                   {3, 2, 3},
                   convolution({.height = 5,
                                .width = 4,
                                .channels = 2,
                                .kernel_h = 3,
                                .kernel_w = 3,
                                .filters = 3,
                                .out_h = 3,
                                .out_w = 2},
                               "relu"),
                   {{{6}, not_an_image("Conv2D")},
                    {{2, 9, 2}, "[Conv2D 'here'] input: expected at least (3, 3)" + too_small}}});
  // 5 / 2 rounded up; one row missing above and one below, one column at the right only.
  cases.push_back(
      {"Conv2DSameStrided",
       [] {
         return Conv2D(4, {3, 2}, {.strides = 2, .padding = "same", .activation = "gelu"});
       },
       {5, 4, 3},
       {3, 2, 4},
       convolution({.height = 5,
                    .width = 4,
                    .channels = 3,
                    .kernel_h = 3,
                    .kernel_w = 2,
                    .filters = 4,
                    .out_h = 3,
                    .out_w = 2,
                    .stride_h = 2,
                    .stride_w = 2,
                    .pad_top = 1,
                    .pad_left = 0},
                   "gelu"),
       {{{6}, not_an_image("Conv2D")}}});
  cases.push_back(
      {"Conv2DDilatedWithoutBias",
       [] {
         return Conv2D(2, 2, {.dilation = {2, 3}, .use_bias = false});
       },
       {4, 6, 1},
       {2, 3, 2},
       convolution({.height = 4,
                    .width = 6,
                    .channels = 1,
                    .kernel_h = 2,
                    .kernel_w = 2,
                    .filters = 2,
                    .out_h = 2,
                    .out_w = 3,
                    .dilation_h = 2,
                    .dilation_w = 3}),
       {{{2, 9, 2},
         "[Conv2D 'here'] input: expected at least (3, 4) for a valid kernel of (2, 2) with "
         "dilation (2, 3), got (N, 2, 9, 2) from Dense 'before'. Use padding same or a smaller "
         "kernel."}}});
  cases.push_back(
      {"Conv2DGroups",
       [] {
         return Conv2D(4, {1, 4}, {.padding = Padding::same, .groups = 2, .activation = "softmax"});
       },
       {2, 3, 6},
       {2, 3, 4},
       convolution({.height = 2,
                    .width = 3,
                    .channels = 6,
                    .kernel_h = 1,
                    .kernel_w = 4,
                    .filters = 4,
                    .out_h = 2,
                    .out_w = 3,
                    .pad_left = 1,
                    .groups = 2},
                   "softmax"),
       {{{2, 3, 5},
         "[Conv2D 'here'] input: expected channels divisible by 2 groups, got (N, 2, 3, "
         "5) from Dense 'before'."}}});
}

void add_dense(std::vector<LayerCase>& cases) {
  const std::string scalar =
      "[Dense 'here'] input: expected at least rank 2 (N, ..., features), got (N,) from Dense "
      "'before'.";
  cases.push_back({"Dense",
                   [] { return Dense(5, {.activation = Activation::tanh}); },
                   {7},
                   {5},
                   dense(1, 7, 5, "tanh"),
                   {{{}, scalar}}});
  cases.push_back({"DenseSoftmax",
                   [] { return Dense(3, {.activation = "softmax"}); },
                   {4},
                   {3},
                   dense(1, 4, 3, "softmax"),
                   {{{}, scalar}}});
  cases.push_back({"DenseStoredTransposed",
                   [] { return Dense(3, {.activation = "tanh"}); },
                   {2, 70},
                   {2, 3},
                   dense(2, 70, 3, "tanh"),
                   {{{}, scalar}}});
  cases.push_back({"DenseOnTheLastAxis",
                   [] { return Dense(2, {.activation = "elu", .use_bias = false}); },
                   {3, 2, 4},
                   {3, 2, 2},
                   dense(6, 4, 2, "elu"),
                   {{{}, scalar}}});
}

void add_shapes(std::vector<LayerCase>& cases) {
  cases.push_back({"Flatten", [] { return Flatten(); }, {3, 2, 2}, {12}, identity()});
  cases.push_back({"FlattenOfAScalar", [] { return Flatten(); }, {}, {1}, identity()});
  cases.push_back(
      {"Reshape",
       [] {
         return Reshape({4, 3});
       },
       {2, 6},
       {4, 3},
       identity(),
       {{{5},
         "[Reshape 'here'] input: expected 12 numbers a row for (4, 3), got (N, 5) from "
         "Dense 'before'. Each row of the input has 5."}}});
  cases.push_back({"ReshapeToWhatIsLeft",
                   [] {
                     return Reshape({2, -1, 3});
                   },
                   {12},
                   {2, 2, 3},
                   identity(),
                   {{{8},
                     "[Reshape 'here'] input: expected a multiple of 6 numbers a row for (2, -1, "
                     "3), got (N, 8) from Dense 'before'. Each row of the input has 8."}}});
}

void add_pools(std::vector<LayerCase>& cases) {
  const auto too_small = [](std::string_view layer) {
    return fmt::format(
        "[{} 'here'] input: expected at least (2, 2) for a valid pool of that size, got (N, 1, 9, "
        "2) from Dense 'before'. Use padding same or a smaller pool.",
        layer);
  };
  const kernels::Pool2DSize halves{.height = 5,
                                   .width = 4,
                                   .channels = 3,
                                   .pool_h = 2,
                                   .pool_w = 2,
                                   .out_h = 2,
                                   .out_w = 2,
                                   .stride_h = 2,
                                   .stride_w = 2};
  const kernels::Pool2DSize overlapping{.height = 5,
                                        .width = 4,
                                        .channels = 2,
                                        .pool_h = 3,
                                        .pool_w = 2,
                                        .out_h = 3,
                                        .out_w = 4,
                                        .stride_h = 2,
                                        .stride_w = 1,
                                        .pad_top = 1};
  cases.push_back({"MaxPooling2D",
                   [] { return MaxPooling2D(); },
                   {5, 4, 3},
                   {2, 2, 3},
                   max_pool(halves),
                   {{{6}, not_an_image("MaxPooling2D")}, {{1, 9, 2}, too_small("MaxPooling2D")}}});
  cases.push_back({"MaxPooling2DSame",
                   [] {
                     return MaxPooling2D({3, 2}, {.strides = Size2D(2, 1), .padding = "same"});
                   },
                   {5, 4, 2},
                   {3, 4, 2},
                   max_pool(overlapping),
                   {{{6}, not_an_image("MaxPooling2D")}}});
  cases.push_back(
      {"AveragePooling2D",
       [] {
         return AveragePooling2D({2, 2});
       },
       {5, 4, 3},
       {2, 2, 3},
       average_pool(halves),
       {{{6}, not_an_image("AveragePooling2D")}, {{1, 9, 2}, too_small("AveragePooling2D")}}});
  cases.push_back({"AveragePooling2DSame",
                   [] {
                     return AveragePooling2D({3, 2}, {.strides = Size2D(2, 1), .padding = "same"});
                   },
                   {5, 4, 2},
                   {3, 4, 2},
                   average_pool(overlapping),
                   {{{6}, not_an_image("AveragePooling2D")}}});
}

void add_functions(std::vector<LayerCase>& cases) {
  for (const std::string_view name : activation_names()) {
    if (works_along_rows(ActivationArg(name).fn().kind)) continue;
    cases.push_back({fmt::format("Activation_{}", name),
                     [name] { return Activation(name); },
                     {3, 4},
                     {3, 4},
                     function(name)});
  }
  cases.push_back({"ActivationSoftmax",
                   [] { return Activation(Activation::softmax); },
                   {3, 4},
                   {3, 4},
                   function("softmax", 4),
                   {{{},
                     "[Activation 'here'] input: expected at least rank 2 (N, ..., classes), got "
                     "(N,) from Dense 'before'."}}});
  cases.push_back({"ActivationLogSoftmax",
                   [] { return Activation(Activation::log_softmax); },
                   {3, 4},
                   {3, 4},
                   function("log_softmax", 4)});
  cases.push_back(
      {"ActivationWithASlope",
       [] { return Activation(ActivationFn{.kind = Activation::leaky_relu, .slope = 0.5F}); },
       {5},
       {5},
       function(ActivationFn{.kind = ActivationKind::leaky_relu, .slope = 0.5F})});
  cases.push_back({"ReLU", [] { return ReLU(); }, {3, 4}, {3, 4}, function("relu")});
  cases.push_back(
      {"ReLUGeneral",
       [] { return ReLU({.max_value = 0.75F, .negative_slope = 0.25F, .threshold = 0.125F}); },
       {3, 4},
       {3, 4},
       function(ActivationFn{.kind = ActivationKind::clipped_relu,
                             .slope = 0.25F,
                             .max_value = 0.75F,
                             .threshold = 0.125F})});
  cases.push_back({"Softmax",
                   [] { return Softmax(); },
                   {3, 4},
                   {3, 4},
                   softmax(3, 4, 1),
                   {{{},
                     "[Softmax 'here'] input: expected a row with an axis -1, got (N,) from Dense "
                     "'before'."}}});
  cases.push_back({"SoftmaxAlongTheFirstAxis",
                   [] { return Softmax({.axis = 1}); },
                   {3, 4, 2},
                   {3, 4, 2},
                   softmax(1, 3, 8)});
  cases.push_back(
      {"SoftmaxAlongAMiddleAxis",
       [] { return Softmax({.axis = -2}); },
       {3, 4, 2},
       {3, 4, 2},
       softmax(3, 4, 2),
       {{{3},
         "[Softmax 'here'] input: expected a row with an axis -2, got (N, 3) from Dense "
         "'before'."}}});
}

void add_dropout(std::vector<LayerCase>& cases) {
  cases.push_back({"Dropout",
                   [] { return Dropout(0.25F); },
                   {3, 5},
                   {3, 5},
                   dropout(0.25F, {.key = {7, 11}, .step = 3})});
  cases.push_back({"DropoutWithASeed",
                   [] { return Dropout(0.5F, {.seed = (9LL << 32) + 4}); },
                   {7},
                   {7},
                   dropout(0.5F, {.key = {4, 9}, .step = 3})});
  cases.push_back({"DropoutOfNothing", [] { return Dropout(0); }, {7}, {7}, identity()});
}

}  // namespace

std::string not_an_image(std::string_view layer) {
  return fmt::format(
      "[{} 'here'] input: expected rank 4 (N, height, width, channels), got (N, 6) from Dense "
      "'before'.",
      layer);
}

std::vector<LayerCase> layer_cases() {
  std::vector<LayerCase> cases;
  add_convolutions(cases);
  add_dense(cases);
  add_shapes(cases);
  add_pools(cases);
  add_functions(cases);
  add_dropout(cases);
  add_more_cases(cases);
  add_merge_cases(cases);
  add_normalization_cases(cases);
  return cases;
}

}  // namespace minnow::test
