#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <string>

#include "core/kernels/cpu_target.h"
#include "core/kernels/depthwise_conv2d.h"
#include "core/parallel.h"
#include "tests/core/kernels/conv2d_case.h"
#include "tests/support/compare.h"
#include "tests/support/guarded.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

// A grouped convolution of one filter for each channel, which the oracle knows.
struct DepthwiseCase : ConvCase {
  DepthwiseCase(ConvSetting s, std::int64_t images) : ConvCase(grouped(s), images) {}

  static kernels::Conv2DSize grouped(ConvSetting s) {
    s.groups = s.filters = s.channels;
    return s.size();
  }
  kernels::DepthwiseSize depthwise() const {
    return {size.height,   size.width,      size.channels,  size.kernel_h, size.kernel_w,
            size.out_h,    size.out_w,      size.stride_h,  size.stride_w, size.pad_top,
            size.pad_left, size.dilation_h, size.dilation_w};
  }
  std::vector<float> scratch() const { return all_nan(kernels::depthwise_scratch(depthwise())); }
};

std::vector<float> forward(const DepthwiseCase& c, int threads,
                           const kernels::Epilogue& epilogue = {}) {
  auto y = all_nan(static_cast<std::int64_t>(c.dy.size())), scratch = c.scratch();
  kernels::depthwise_forward(Workers(threads), c.depthwise(), c.batch, c.x.data(), c.kernel.data(),
                             y.data(), epilogue, scratch.data());
  return y;
}

std::vector<float> input_gradient(const DepthwiseCase& c, int threads) {
  auto dx = all_nan(static_cast<std::int64_t>(c.x.size())), scratch = c.scratch();
  kernels::depthwise_backward_input(Workers(threads), c.depthwise(), c.batch, c.dy.data(),
                                    c.kernel.data(), dx.data(), scratch.data());
  return dx;
}

// Added to what is there: so many times the kernel.
std::vector<float> kernel_gradient(const DepthwiseCase& c, int threads, float there = 0) {
  std::vector<float> dk = c.kernel;
  for (float& k : dk) k *= there;
  auto scratch = c.scratch();
  kernels::depthwise_backward_kernel(Workers(threads), c.depthwise(), c.batch, c.x.data(),
                                     c.dy.data(), dk.data(), there != 0, scratch.data());
  return dk;
}

testing::AssertionResult is_right(const DepthwiseCase& c, int threads = 1) {
  const auto taps = static_cast<double>(c.size.kernel_h * c.size.kernel_w);
  const auto places = static_cast<double>(c.batch * c.size.out_h * c.size.out_w);
  const auto y = near_all(oracle::convolve(c.size, c.batch, widen(c.x), widen(c.kernel)),
                          forward(c, threads), 2e-7, {.scale = taps, .shape = c.y_shape()});
  if (!y) return testing::AssertionFailure() << "y: " << y.message() << c.name();
  const Transposes expected = transposes(c);
  const auto dx = near_all(expected.dx, input_gradient(c, threads), 2e-7,
                           {.scale = taps, .shape = c.x_shape()});
  if (!dx) return testing::AssertionFailure() << "dx: " << dx.message() << c.name();
  const auto dk = near_all(expected.dk, kernel_gradient(c, threads), 2e-7,
                           {.scale = std::max(1.0, places), .shape = c.kernel_shape()});
  if (!dk) return testing::AssertionFailure() << "dk: " << dk.message() << c.name();
  return testing::AssertionSuccess();
}

// Channels that fill no register, one, several and parts; strides, also longer than the kernel,
// dilation, padding on one side, kernels larger than the image.
std::vector<ConvSetting> settings() {
  std::vector<ConvSetting> all;
  for (const std::int64_t channels : {1, 3, 8, 16, 17, 24, 33, 48, 71}) {
    all.push_back({7, 9, channels, 3, 3, 1, 1, 1, 1, 1, 1, 1});
    all.push_back({9, 8, channels, 3, 3, 1, 2, 2, 0, 1, 0, 1});
    all.push_back({8, 17, channels, 3, 3, 1, 1, 2, 1, 1, 1, 1});
    all.push_back({4, 16, channels, 3, 3, 1, 2, 3, 1, 1, 1, 1});
    all.push_back({6, 12, channels, 5, 2, 1, 1, 3, 2, 2, 1, 0});
  }
  for (const ConvSetting& one :
       {ConvSetting{11, 13, 20, 3, 3, 1, 1, 1, 2, 2, 2, 2, 2, 2}, ConvSetting{5, 5, 16, 1, 1, 1},
        ConvSetting{9, 10, 16, 2, 2, 1, 3, 4}, ConvSetting{7, 8, 5, 2, 1, 1, 3, 2, 1, 1, 1, 1},
        ConvSetting{3, 2, 18, 7, 7, 1, 1, 1, 3, 3, 3, 3},
        ConvSetting{3, 4, 18, 5, 5, 1, 2, 2, 2, 2, 2, 2},
        ConvSetting{1, 1, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1},
        ConvSetting{12, 30, 4, 3, 4, 1, 1, 1, 0, 2, 3, 0},
        ConvSetting{13, 11, 6, 3, 3, 1, 2, 3, 1, 1, 1, 1, 3, 2},
        ConvSetting{40, 41, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1},
        ConvSetting{37, 40, 17, 3, 3, 1, 1, 1, 1, 1, 1, 1},
        ConvSetting{6, 10, 35, 4, 3, 1, 2, 1, 1, 2, 2, 1},
        ConvSetting{7, 3, 19, 3, 3, 1, 1, 1, 2, 2, 2, 2, 2, 1},
        ConvSetting{5, 2, 40, 3, 3, 1, 1, 1, 0, 0, 3, 3},
        ConvSetting{4, 5, 9, 1, 2, 1, 1, 1, 1, 2, 3, 2}}) {
    all.push_back(one);
  }
  return all;
}

TEST(Depthwise, IsRightForEverySetting) {
  for (const ConvSetting& setting : settings()) {
    ASSERT_TRUE(is_right(DepthwiseCase(setting, 2)));
  }
  EXPECT_TRUE(is_right(DepthwiseCase({14, 14, 33, 3, 3, 1, 1, 1, 1, 1, 1, 1}, 19)));
}

TEST(Depthwise, LeavesNoNumberUnwritten) {  // where there are no images, or strides pass by places
  const DepthwiseCase none({6, 6, 8, 3, 3, 1}, 0);
  EXPECT_TRUE(same_bits(kernel_gradient(none, 1), std::vector<float>(none.kernel.size(), 0.0F)));
  const DepthwiseCase apart({10, 11, 5, 1, 2, 1, 4, 5}, 2);
  EXPECT_TRUE(is_right(apart));
}

TEST(Depthwise, AddsBiasAndAppliesTheActivation) {
  for (const ConvSetting& setting : settings()) {
    const DepthwiseCase c(setting, 2);
    const auto bias = random_numbers(c.size.channels, 8);
    auto expected = oracle::convolve(c.size, c.batch, widen(c.x), widen(c.kernel));
    const ActivationFn f{.kind = ActivationKind::relu};
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i] = oracle::activate(f, expected[i] + bias[i % bias.size()]);
    }
    ASSERT_TRUE(near_all(expected, forward(c, 1, {bias.data(), f}), 2e-7,
                         {.scale = 25, .shape = c.y_shape()}))
        << c.name();
  }
}

TEST(Depthwise, AddsTheKernelGradientToWhatIsThere) {
  const DepthwiseCase c({9, 8, 21, 3, 3, 1, 1, 1, 1, 1, 1, 1}, 3);
  auto expected = transposes(c).dk;
  for (std::size_t k = 0; k < expected.size(); ++k) expected[k] += 2 * double{c.kernel[k]};
  EXPECT_TRUE(near_all(expected, kernel_gradient(c, 1, 2), 2e-7, {.scale = 216}));
}

TEST(Depthwise, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const ConvSetting& setting : settings()) {
    const DepthwiseCase c(setting, 5);
    const auto y = forward(c, 1), dx = input_gradient(c, 1), dk = kernel_gradient(c, 1);
    for (const int threads : {2, 3, 4, 7}) {
      EXPECT_TRUE(same_bits(y, forward(c, threads))) << threads << c.name();
      EXPECT_TRUE(same_bits(dx, input_gradient(c, threads))) << threads << c.name();
      EXPECT_TRUE(same_bits(dk, kernel_gradient(c, threads))) << threads << c.name();
    }
  }
}

TEST(Depthwise, GivesTheSameBitsOnAvx2AndAvx512) {
  const std::string before(kernels::cpu_target());
  for (const ConvSetting& setting : settings()) {
    const DepthwiseCase c(setting, 3);
    if (!kernels::use_cpu_target("AVX3")) GTEST_SKIP() << "needs AVX-512";
    const std::array wide{forward(c, 1), input_gradient(c, 1), kernel_gradient(c, 1)};
    ASSERT_TRUE(kernels::use_cpu_target("AVX2"));
    const std::array narrow{forward(c, 1), input_gradient(c, 1), kernel_gradient(c, 1)};
    for (std::size_t i = 0; i < wide.size(); ++i) {
      EXPECT_TRUE(same_bits(wide[i], narrow[i])) << "result " << i << c.name();
    }
  }
  kernels::use_cpu_target(before);
}

TEST(Depthwise, TouchesNothingBehindItsOperands) {
  for (const ConvSetting& setting : settings()) {
    const DepthwiseCase c(setting, 2);
    const kernels::DepthwiseSize size = c.depthwise();
    const Workers workers(1);
    const Guarded x(c.x), kernel(c.kernel), dy(c.dy), scratch(c.scratch());
    const Guarded y(c.dy), dx(c.x), dkernel(c.kernel);
    kernels::depthwise_forward(workers, size, 2, x.data(), kernel.data(), y.data(), {},
                               scratch.data());
    kernels::depthwise_backward_input(workers, size, 2, dy.data(), kernel.data(), dx.data(),
                                      scratch.data());
    kernels::depthwise_backward_kernel(workers, size, 2, x.data(), dy.data(), dkernel.data(),
                                       /*accumulate=*/true, scratch.data());
    EXPECT_TRUE(std::isfinite(y.data()[0] + dx.data()[0] + dkernel.data()[0])) << c.name();
  }
}

RC_GTEST_PROP(Depthwise, IsRightForAnything, ()) {
  const auto upto = [](std::int64_t most) { return *rc::gen::inRange<std::int64_t>(1, most + 1); };
  const auto pad = [] { return *rc::gen::inRange<std::int64_t>(0, 4); };
  const ConvSetting s{upto(10), upto(20), upto(70), upto(4), upto(4), 1,       upto(4),
                      upto(4),  pad(),    pad(),    pad(),   pad(),   upto(3), upto(3)};
  RC_PRE(s.possible());
  const auto result = is_right(DepthwiseCase(s, upto(3)), *rc::gen::inRange(1, 4));
  if (!result) RC_FAIL(result.message());
}

}  // namespace
}  // namespace minnow::test
