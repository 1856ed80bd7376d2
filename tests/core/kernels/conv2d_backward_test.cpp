#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <complex>
#include <string>

#include "core/kernels/conv2d.h"
#include "core/kernels/cpu_target.h"
#include "core/parallel.h"
#include "tests/core/kernels/conv2d_case.h"
#include "tests/support/compare.h"
#include "tests/support/complex_step.h"
#include "tests/support/guarded.h"
#include "tests/support/oracle.h"

namespace minnow::test {
namespace {

using Complexes = std::vector<std::complex<double>>;

std::vector<float> backward_input(const ConvCase& c, int threads) {
  auto dx = all_nan(static_cast<std::int64_t>(c.x.size()));
  kernels::conv2d_backward_input(Workers(threads), c.size, c.batch, c.dy.data(), c.kernel.data(),
                                 dx.data());
  return dx;
}

std::vector<float> backward_kernel(const ConvCase& c, int threads) {
  auto dk = all_nan(static_cast<std::int64_t>(c.kernel.size()));
  kernels::conv2d_backward_kernel(Workers(threads), c.size, c.batch, c.x.data(), c.dy.data(),
                                  dk.data(), nullptr, false);
  return dk;
}

std::vector<float> backward_bias(const ConvCase& c, int threads) {
  auto dk = all_nan(static_cast<std::int64_t>(c.kernel.size())), db = all_nan(c.size.filters);
  kernels::conv2d_backward_kernel(Workers(threads), c.size, c.batch, c.x.data(), c.dy.data(),
                                  dk.data(), db.data(), false);
  EXPECT_TRUE(same_bits(dk, backward_kernel(c, 1)));
  return db;
}

testing::AssertionResult backward_is_right(const ConvCase& c, int threads = 1) {
  const Transposes expected = transposes(c);
  const auto taps = static_cast<double>(c.size.kernel_h * c.size.kernel_w * c.size.filters);
  const auto places = static_cast<double>(c.batch * c.size.out_h * c.size.out_w);
  const auto dx = near_all(expected.dx, backward_input(c, threads), 2e-7,
                           {.scale = taps, .shape = c.x_shape()});
  if (!dx) return testing::AssertionFailure() << "dx: " << dx.message() << c.name();
  const auto dk = near_all(expected.dk, backward_kernel(c, threads), 2e-7,
                           {.scale = std::max(1.0, places), .shape = c.kernel_shape()});
  if (!dk) return testing::AssertionFailure() << "dk: " << dk.message() << c.name();
  const auto db =
      near_all(expected.db, backward_bias(c, threads), 2e-7, {.scale = std::max(1.0, places)});
  if (!db) return testing::AssertionFailure() << "db: " << db.message() << c.name();
  return testing::AssertionSuccess();
}

TEST(Conv2DBackward, AgreesWithTheComplexStep) {
  for (const ConvSetting& setting :
       {ConvSetting{5, 6, 2, 3, 3, 3}, ConvSetting{6, 5, 3, 3, 2, 4, 2, 1, 1, 1, 0, 1},
        ConvSetting{7, 7, 2, 2, 3, 4, 1, 2, 0, 0, 1, 1, 2, 2, 2}}) {
    const ConvCase c(setting.size(), 2);
    const auto dx = gradient(
        [&](const Complexes& x) {
          return dot(oracle::convolve(c.size, c.batch, x, widen<std::complex<double>>(c.kernel)),
                     c.dy);
        },
        widen(c.x));
    const auto dk = gradient(
        [&](const Complexes& k) {
          return dot(oracle::convolve(c.size, c.batch, widen<std::complex<double>>(c.x), k), c.dy);
        },
        widen(c.kernel));
    EXPECT_TRUE(near_all(dx, backward_input(c, 1), 1e-6, {.shape = c.x_shape()})) << c.name();
    EXPECT_TRUE(near_all(dk, backward_kernel(c, 1), 1e-6, {.shape = c.kernel_shape()})) << c.name();
    EXPECT_TRUE(near_all(dx, transposes(c).dx, 1e-14));  // so the other tests may go by these
    EXPECT_TRUE(near_all(dk, transposes(c).dk, 1e-14));
  }
}

TEST(Conv2DBackward, IsRightForEverySetting) {
  for (const ConvSetting& setting : conv_settings()) {
    ASSERT_TRUE(backward_is_right(ConvCase(setting.size(), setting.batch)));
  }
}

TEST(Conv2DBackward, IsRightWhereTheSumIsCutIntoParts) {
  // More taps than one part holds, and more filters than one tap's share of a part.
  EXPECT_TRUE(backward_is_right(ConvCase(ConvSetting{18, 17, 1, 18, 17, 2}.size(), 1)));
  EXPECT_TRUE(backward_is_right(ConvCase(ConvSetting{3, 3, 2, 2, 2, 2100}.size(), 1)));
  EXPECT_TRUE(backward_is_right(ConvCase(ConvSetting{5, 5, 9, 3, 3, 400}.size(), 1)));
  // So many patches for so small a kernel that they are cut into pieces, uneven ones.
  const ConvSetting pieces{23, 26, 17, 3, 3, 20, 1, 1, 1, 1, 1, 1};
  EXPECT_TRUE(backward_is_right(ConvCase(pieces.size(), 2)));
  EXPECT_TRUE(backward_is_right(ConvCase(pieces.size(), 2), 3));
  // Pieces of 10 and of 11 images; blocks of as many columns, of which the last sees padding.
  const ConvSetting low{3, 9, 2, 3, 3, 5, 1, 1, 0, 0, 1, 1};
  EXPECT_TRUE(backward_is_right(ConvCase(low.size(), 21)));
  const ConvSetting wide{1, 2048, 2, 1, 3, 4, 1, 1, 0, 0, 1, 1};
  EXPECT_TRUE(backward_is_right(ConvCase(wide.size(), 1)));
}

TEST(Conv2DBackward, GivesZeroKernelGradientForAnEmptyBatch) {
  for (const ConvSetting& setting :
       {ConvSetting{5, 5, 2, 3, 3, 13}, ConvSetting{13, 13, 32, 3, 3, 64},
        ConvSetting{7, 7, 16, 3, 3, 4}}) {
    const ConvCase c(setting.size(), 0);
    const auto filters = static_cast<std::size_t>(c.size.filters);
    EXPECT_TRUE(near_all(std::vector<double>(c.kernel.size()), backward_kernel(c, 2), 0));
    EXPECT_TRUE(near_all(std::vector<double>(filters), backward_bias(c, 2), 0));
    std::vector<float> dk(c.kernel.size(), 3.0F), db(filters, 4.0F);
    kernels::conv2d_backward_kernel(Workers(1), c.size, 0, nullptr, nullptr, dk.data(), db.data(),
                                    true);
    EXPECT_TRUE(near_all(std::vector<double>(dk.size(), 3.0), dk, 0));
    EXPECT_TRUE(near_all(std::vector<double>(db.size(), 4.0), db, 0));
    EXPECT_TRUE(backward_input(c, 2).empty());
  }
}

TEST(Conv2DBackward, AddsToTheKernelGradientWhereAsked) {
  for (const ConvSetting& setting :
       {ConvSetting{9, 9, 3, 3, 3, 13, 1, 1, 1, 1, 1, 1}, ConvSetting{7, 6, 40, 3, 3, 37},
        ConvSetting{9, 9, 8, 3, 3, 4}, ConvSetting{5, 5, 16, 3, 3, 4}}) {
    const ConvCase c(setting.size(), 12);
    const auto fresh = backward_kernel(c, 1);
    auto dk = random_numbers(static_cast<std::int64_t>(c.kernel.size()), 9);
    auto expected = widen(dk);
    for (std::size_t i = 0; i < dk.size(); ++i) expected[i] += fresh[i];
    const auto fresh_db = backward_bias(c, 1);
    auto db = random_numbers(c.size.filters, 10);
    auto expected_db = widen(db);
    for (std::size_t i = 0; i < db.size(); ++i) expected_db[i] += fresh_db[i];
    kernels::conv2d_backward_kernel(Workers(1), c.size, c.batch, c.x.data(), c.dy.data(), dk.data(),
                                    db.data(), true);
    EXPECT_TRUE(near_all(expected, dk, 1e-6));
    EXPECT_TRUE(near_all(expected_db, db, 1e-6));
  }
}

TEST(Conv2DAll, TouchNothingBehindTheirOperands) {
  for (const ConvSetting& setting : conv_settings()) {
    if (!setting.possible()) continue;
    const ConvCase c(setting.size(), setting.batch);
    const Guarded x(c.x), kernel(c.kernel), dy(c.dy);
    const Workers workers(1);
    const std::vector<float> bias(static_cast<std::size_t>(c.size.filters), 0.5F);
    const Guarded b(bias), y(c.dy), dx(c.x), dkernel(c.kernel), dbias(bias);
    kernels::conv2d_forward(workers, c.size, c.batch, x.data(), kernel.data(), y.data(),
                            {.bias = b.data(), .activation = {}});
    kernels::conv2d_backward_input(workers, c.size, c.batch, dy.data(), kernel.data(), dx.data());
    kernels::conv2d_backward_kernel(workers, c.size, c.batch, x.data(), dy.data(), dkernel.data(),
                                    dbias.data(), /*accumulate=*/true);
    EXPECT_TRUE(std::isfinite(y.data()[0] + dx.data()[0] + dkernel.data()[0])) << c.name();
  }
}

// Which way a convolution takes may depend on the instruction set; its sums do not.
TEST(Conv2DAll, GivesTheSameBitsOnAvx2AndAvx512) {
  const std::string before(kernels::cpu_target());
  const auto results = [](const ConvCase& c) {
    std::vector<float> y(c.dy.size());
    kernels::conv2d_forward(Workers(1), c.size, c.batch, c.x.data(), c.kernel.data(), y.data(), {});
    return std::array{y, backward_input(c, 1), backward_kernel(c, 1), backward_bias(c, 1)};
  };
  for (const ConvSetting& setting : conv_settings()) {
    const ConvCase c(setting.size(), setting.batch);
    if (!kernels::use_cpu_target("AVX3")) GTEST_SKIP() << "needs AVX-512";
    const auto wide = results(c);
    ASSERT_TRUE(kernels::use_cpu_target("AVX2"));
    const auto narrow = results(c);
    for (std::size_t i = 0; i < wide.size(); ++i) {
      EXPECT_TRUE(same_bits(wide[i], narrow[i])) << "result " << i << c.name();
    }
  }
  kernels::use_cpu_target(before);
}

TEST(Conv2DBackward, GivesTheSameBitsForAnyNumberOfThreads) {
  for (const ConvSetting& setting :
       {ConvSetting{28, 28, 1, 3, 3, 32}, ConvSetting{13, 13, 8, 3, 3, 16, 1, 1, 1, 1, 1, 1},
        ConvSetting{13, 13, 32, 3, 3, 64}, ConvSetting{9, 5, 70, 3, 3, 33, 1, 1, 1, 1, 1, 1},
        ConvSetting{12, 12, 16, 3, 3, 20, 1, 1, 1, 1, 1, 1}, ConvSetting{29, 21, 5, 3, 3, 12},
        ConvSetting{17, 19, 5, 5, 3, 13}, ConvSetting{14, 15, 16, 3, 3, 20, 2, 2, 1, 0, 0, 1},
        ConvSetting{14, 13, 32, 5, 5, 32}, ConvSetting{12, 14, 40, 5, 5, 36, 1, 1, 2, 2, 2, 2},
        ConvSetting{18, 21, 8, 3, 3, 5, 1, 1, 1, 1, 1, 1}}) {
    const ConvCase c(setting.size(), 9);
    const auto dx = backward_input(c, 1), dk = backward_kernel(c, 1), db = backward_bias(c, 1);
    for (const int threads : {2, 3, 4, 7}) {
      EXPECT_TRUE(same_bits(dx, backward_input(c, threads))) << threads << " threads" << c.name();
      EXPECT_TRUE(same_bits(dk, backward_kernel(c, threads))) << threads << " threads" << c.name();
      EXPECT_TRUE(same_bits(db, backward_bias(c, threads))) << threads << " threads" << c.name();
    }
  }
}

RC_GTEST_PROP(Conv2DBackward, IsRightForAnything, ()) {
  const auto upto = [](std::int64_t most) { return *rc::gen::inRange<std::int64_t>(1, most + 1); };
  const auto pad = [] { return *rc::gen::inRange<std::int64_t>(0, 4); };
  ConvSetting s{upto(10), upto(20), upto(9), upto(4), upto(4), upto(14), upto(3),
                upto(3),  pad(),    pad(),   pad(),   pad(),   upto(3),  upto(3)};
  s.groups = upto(3);
  s.channels *= s.groups;
  s.filters *= s.groups;
  RC_PRE(s.possible());
  const auto result = backward_is_right(ConvCase(s.size(), upto(3)), *rc::gen::inRange(1, 4));
  if (!result) RC_FAIL(result.message());
}

}  // namespace
}  // namespace minnow::test
