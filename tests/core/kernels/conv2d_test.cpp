#include "core/kernels/conv2d.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "core/parallel.h"
#include "tests/core/kernels/conv2d_case.h"
#include "tests/support/compare.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

double terms(const kernels::Conv2DSize& s) {
  return static_cast<double>(s.kernel_h * s.kernel_w * s.channels / s.groups);
}

std::vector<float> forward(const ConvCase& c, int threads, const kernels::Epilogue& epilogue = {},
                           kernels::Sharing sharing = kernels::Sharing::rows) {
  auto y = all_nan(static_cast<std::int64_t>(c.dy.size()));
  kernels::conv2d_forward(Workers(threads), c.size, c.batch, c.x.data(), c.kernel.data(), y.data(),
                          epilogue, sharing);
  return y;
}

testing::AssertionResult forward_is_right(const ConvCase& c, int threads = 1) {
  const auto expected = oracle::convolve(c.size, c.batch, widen(c.x), widen(c.kernel));
  return near_all(expected, forward(c, threads), 2e-7,
                  {.scale = terms(c.size), .shape = c.y_shape()})
         << c.name();
}

TEST(Conv2DForward, IsRightForEverySetting) {
  for (const ConvSetting& setting : conv_settings()) {
    ASSERT_TRUE(forward_is_right(ConvCase(setting.size(), setting.batch)));
  }
}

TEST(Conv2DForward, DoesNothingForAnEmptyBatch) {
  for (const ConvSetting& setting :
       {ConvSetting{5, 5, 2, 3, 3, 8}, ConvSetting{13, 13, 32, 3, 3, 64}}) {
    EXPECT_TRUE(forward(ConvCase(setting.size(), 0), 2).empty());
  }
}

// The first images of a batch, by themselves and among all.
testing::AssertionResult has_the_same_bits_among_others(const ConvCase& all, std::int64_t images) {
  const auto first = [&](std::vector<float> numbers) {
    numbers.resize(numbers.size() / static_cast<std::size_t>(all.batch) *
                   static_cast<std::size_t>(images));
    return numbers;
  };
  ConvCase some = all;
  some.batch = images;
  some.x = first(all.x);
  some.dy = first(all.dy);
  return same_bits(first(forward(all, 1)), forward(some, 1)) << all.name();
}

TEST(Conv2DForward, GivesAnImageTheSameBitsAloneAsInABatch) {
  for (const ConvSetting& setting : narrow_conv_settings()) {
    EXPECT_TRUE(has_the_same_bits_among_others(ConvCase(setting.size(), 3), 1));
  }
}

TEST(Conv2DForward, GivesAnImageTheSameBitsInAnyBatchThatIsFilteredMinimally) {
  for (const ConvSetting& setting : winograd_settings()) {
    for (const std::int64_t more : {1, 11, 12}) {
      const ConvCase all(setting.size(), setting.batch + more);
      EXPECT_TRUE(has_the_same_bits_among_others(all, setting.batch));
    }
  }
}

TEST(Conv2DForward, GivesTheSameBitsInBands) {
  const kernels::Epilogue tanh{.activation = {.kind = ActivationKind::tanh}};
  for (const ConvSetting& setting : conv_settings()) {
    const ConvCase c(setting.size(), setting.batch);
    const auto rows = forward(c, 1, tanh);
    for (const int threads : {1, 2, 7}) {
      EXPECT_TRUE(same_bits(rows, forward(c, threads, tanh, kernels::Sharing::bands))) << c.name();
    }
  }
}

TEST(Conv2DForward, AppliesBiasAndActivation) {
  using enum ActivationKind;
  std::vector<ConvSetting> settings = winograd_settings();
  for (const ConvSetting& setting : large_conv_settings()) settings.push_back(setting);
  for (const ConvSetting& setting : narrow_conv_settings()) settings.push_back(setting);
  for (const std::int64_t filters : {1, 5, 12, 32}) {
    settings.push_back({6, 9, 3, 3, 3, filters, 1, 1, 1, 1, 1, 1});
  }
  for (const std::int64_t filters : {1, 5}) {  // dot products
    settings.push_back({6, 7, 16, 3, 3, filters, 1, 1, 1, 1, 1, 1});
  }
  for (const ConvSetting& setting : settings) {
    const ConvCase c(setting.size(), setting.batch);
    const auto bias = random_numbers(c.size.filters, 8);
    for (const ActivationKind kind : {linear, relu, sigmoid, tanh, softplus, elu, gelu}) {
      const ActivationFn f{.kind = kind, .slope = 1};
      auto expected = oracle::convolve(c.size, c.batch, widen(c.x), widen(c.kernel));
      for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i] = oracle::activate(f, expected[i] + bias[i % bias.size()]);
      }
      EXPECT_TRUE(near_all(expected, forward(c, 1, {bias.data(), f}), 2e-7,
                           {.scale = terms(c.size), .shape = c.y_shape()}))
          << c.name();
    }
  }
}

TEST(Conv2DForward, LetsNanThroughRelu) {
  ConvCase c(ConvSetting{8, 8, 1, 3, 3, 32}.size(), 1);
  c.x[3 * 8 + 3] = std::numeric_limits<float>::quiet_NaN();
  const auto y = forward(c, 1, {.activation = {.kind = ActivationKind::relu}});
  for (std::int64_t i = 0; i < 6; ++i) {
    for (std::int64_t j = 0; j < 6; ++j) {
      const bool sees_it = i >= 1 && i <= 3 && j >= 1 && j <= 3;
      for (std::int64_t f = 0; f < 32; ++f) {
        const float v = y[static_cast<std::size_t>((i * 6 + j) * 32 + f)];
        ASSERT_EQ(std::isnan(v), sees_it) << i << ", " << j;
      }
    }
  }
}

TEST(Conv2DForward, LetsNanThroughWhereKernelsAreSmall) {
  ConvCase c(ConvSetting{8, 8, 16, 3, 3, 16}.size(), 12);
  c.x[(3 * 8 + 3) * 16] = std::numeric_limits<float>::quiet_NaN();
  const auto y = forward(c, 1, {.activation = {.kind = ActivationKind::relu}});
  for (std::int64_t i = 0; i < 12 * 6; ++i) {
    for (std::int64_t j = 0; j < 6; ++j) {
      const float v = y[static_cast<std::size_t>((i * 6 + j) * 16)];
      // Outputs are computed two by two: those beside ones that see it may have it too.
      const bool sees_it = i >= 1 && i <= 3 && j >= 1 && j <= 3;
      if (sees_it || i >= 4 || j >= 4) {
        ASSERT_EQ(std::isnan(v), sees_it) << i << ", " << j;
      }
    }
  }
}

TEST(Conv2DForward, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const ConvSetting& setting :
       {ConvSetting{28, 28, 1, 3, 3, 32}, ConvSetting{13, 13, 8, 3, 3, 16, 1, 1, 1, 1, 1, 1},
        ConvSetting{13, 13, 32, 3, 3, 64}, ConvSetting{9, 5, 70, 3, 3, 33, 1, 1, 1, 1, 1, 1},
        ConvSetting{12, 14, 40, 5, 5, 36, 1, 1, 2, 2, 2, 2},
        ConvSetting{18, 21, 3, 3, 3, 5, 1, 1, 1, 1, 1, 1}}) {
    const ConvCase c(setting.size(), 5);
    const auto alone = forward(c, 1);
    for (const int threads : {2, 3, 4, 7}) {
      EXPECT_TRUE(same_bits(alone, forward(c, threads))) << threads << " threads" << c.name();
    }
  }
}

RC_GTEST_PROP(Conv2DForward, IsRightForAnything, ()) {
  const auto upto = [](std::int64_t most) { return *rc::gen::inRange<std::int64_t>(1, most + 1); };
  const auto pad = [] { return *rc::gen::inRange<std::int64_t>(0, 4); };
  ConvSetting s{upto(10), upto(12), upto(5), upto(4), upto(4), upto(18), upto(3),
                upto(3),  pad(),    pad(),   pad(),   pad(),   upto(3),  upto(3)};
  s.groups = upto(3);
  s.channels *= s.groups;
  s.filters *= s.groups;
  RC_PRE(s.possible());
  const auto result = forward_is_right(ConvCase(s.size(), upto(3)), *rc::gen::inRange(1, 4));
  if (!result) RC_FAIL(result.message());
}

}  // namespace
}  // namespace minnow::test
