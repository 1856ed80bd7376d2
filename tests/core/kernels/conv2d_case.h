#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/kernels/conv2d.h"
#include "tests/support/numbers.h"

namespace minnow::test {

/// A convolution with its numbers.
struct ConvCase {
  kernels::Conv2DSize size;
  std::int64_t batch;
  std::vector<float> x, kernel, dy;

  ConvCase(const kernels::Conv2DSize& s, std::int64_t images)
      : size(s),
        batch(images),
        x(random_numbers(images * s.height * s.width * s.channels, 1)),
        kernel(random_numbers(s.kernel_h * s.kernel_w * s.channels / s.groups * s.filters, 2)),
        dy(random_numbers(images * s.out_h * s.out_w * s.filters, 3)) {}

  std::vector<std::int64_t> y_shape() const {
    return {batch, size.out_h, size.out_w, size.filters};
  }
  std::vector<std::int64_t> x_shape() const {
    return {batch, size.height, size.width, size.channels};
  }
  std::vector<std::int64_t> kernel_shape() const {
    return {size.kernel_h, size.kernel_w, size.channels / size.groups, size.filters};
  }
  std::string name() const {
    const auto& s = size;
    return fmt::format(
        " for {} images {}x{}x{}, kernel {}x{}, {} filters, output {}x{}, stride {}x{}, pad {} {}, "
        "dilation {}x{}, {} groups",
        batch, s.height, s.width, s.channels, s.kernel_h, s.kernel_w, s.filters, s.out_h, s.out_w,
        s.stride_h, s.stride_w, s.pad_top, s.pad_left, s.dilation_h, s.dilation_w, s.groups);
  }
};

/// The gradients of sum(dy y): by the convolution's transposes written as plainly as itself.
struct Transposes {
  std::vector<double> dx, dk, db;
};
inline Transposes transposes(const ConvCase& c) {
  const auto& s = c.size;
  Transposes t{std::vector<double>(c.x.size()), std::vector<double>(c.kernel.size()),
               std::vector<double>(static_cast<std::size_t>(s.filters))};
  const std::int64_t channels = s.channels / s.groups, filters = s.filters / s.groups;
  std::size_t out = 0;
  for (std::int64_t place = 0; place < c.batch * s.out_h * s.out_w; ++place) {
    const std::int64_t n = place / (s.out_h * s.out_w), i = place / s.out_w % s.out_h;
    const std::int64_t j = place % s.out_w;
    for (std::int64_t f = 0; f < s.filters; ++f, ++out) {
      t.db[static_cast<std::size_t>(f)] += static_cast<double>(c.dy[out]);
      for (std::int64_t tap = 0; tap < s.kernel_h * s.kernel_w; ++tap) {
        const std::int64_t row = i * s.stride_h + tap / s.kernel_w * s.dilation_h - s.pad_top;
        const std::int64_t column = j * s.stride_w + tap % s.kernel_w * s.dilation_w - s.pad_left;
        if (row < 0 || row >= s.height || column < 0 || column >= s.width) continue;
        for (std::int64_t ch = 0; ch < channels; ++ch) {
          const auto at = static_cast<std::size_t>(
              ((n * s.height + row) * s.width + column) * s.channels + f / filters * channels + ch);
          const auto k = static_cast<std::size_t>((tap * channels + ch) * s.filters + f);
          t.dx[at] += static_cast<double>(c.dy[out]) * c.kernel[k];
          t.dk[k] += static_cast<double>(c.dy[out]) * c.x[at];
        }
      }
    }
  }
  return t;
}

/// What decides the output size and the way: `bottom` and `right` are the padding there.
struct ConvSetting {
  std::int64_t height, width, channels, kernel_h, kernel_w, filters;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;
  std::int64_t dilation_h = 1, dilation_w = 1;
  std::int64_t groups = 1;
  std::int64_t batch = 3;

  bool possible() const {
    return height + top + bottom >= (kernel_h - 1) * dilation_h + 1 &&
           width + left + right >= (kernel_w - 1) * dilation_w + 1;
  }
  kernels::Conv2DSize size() const {
    const auto out = [](std::int64_t length, std::int64_t kernel, std::int64_t dilation,
                        std::int64_t stride) {
      return (length - ((kernel - 1) * dilation + 1)) / stride + 1;
    };
    return {.height = height,
            .width = width,
            .channels = channels,
            .kernel_h = kernel_h,
            .kernel_w = kernel_w,
            .filters = filters,
            .out_h = out(height + top + bottom, kernel_h, dilation_h, stride_h),
            .out_w = out(width + left + right, kernel_w, dilation_w, stride_w),
            .stride_h = stride_h,
            .stride_w = stride_w,
            .pad_top = top,
            .pad_left = left,
            .dilation_h = dilation_h,
            .dilation_w = dilation_w,
            .groups = groups};
  }
};

/// Settings that winograd.cpp takes in batches of at least 12: odd and even outputs, padding around
/// and on one side only, channels and filters that fill no register, that fill whole blocks, and
/// more than those.
inline std::vector<ConvSetting> winograd_settings() {
  std::vector<ConvSetting> all{
      {13, 13, 32, 3, 3, 64},
      {8, 9, 16, 3, 3, 16, 1, 1, 1, 1, 1, 1},
      {7, 6, 17, 3, 3, 29, 1, 1, 0, 2, 2, 0},
      {6, 7, 64, 3, 3, 64, 1, 1, 1, 1, 1, 1},
      {9, 5, 70, 3, 3, 33, 1, 1, 1, 1, 1, 1},
      {6, 6, 16, 3, 3, 70, 1, 1, 1, 1, 1, 1},  // two blocks, which are small
      {6, 6, 70, 3, 3, 16, 1, 1, 1, 1, 1, 1},
      {5, 8, 31, 3, 3, 130, 1, 1, 2, 1, 1, 2},
      {4, 4, 40, 3, 3, 24, 1, 1, 3, 3, 3, 3}};  // outputs that see padding alone
  for (ConvSetting& setting : all) setting.batch = 12;
  return all;
}

/// Settings whose copies with padding around are cut, or have no room at all.
inline std::vector<ConvSetting> large_conv_settings() {
  return {{2, 300, 20, 3, 3, 6, 1, 1, 1, 1, 1, 1},            // a row of outputs
          {1, 1100, 2, 1, 3, 4},                              // longer than a sum, without
          {1, 1100, 2, 1, 3, 4, 1, 1, 0, 0, 1, 1},            // and with padding
          {3, 4, 1900, 3, 3, 3, 1, 1, 1, 1, 1, 1},            // what one output sees
          {4, 5, 1300, 3, 3, 18, 2, 1, 1, 1, 1, 1, 2, 2, 2},  //
          {3, 4, 2, 3, 3, 2000, 1, 1, 1, 1, 1, 1},            // what one input meets
          {3, 4, 6, 3, 3, 2000, 1, 1, 1, 1, 1, 1, 1, 1, 2},   //
          {20, 21, 3, 3, 3, 5, 9, 8},                         // more classes than a pass
          {33, 9, 16, 3, 3, 32, 2, 2, 1, 1, 1, 1},            // a middling kernel
          {16, 16, 64, 3, 2, 130, 1, 1, 1, 1, 1, 0},          // outputs for a tap at a time
          {5, 22, 70, 3, 3, 9, 1, 2, 1, 1, 2, 3, 1, 2}};
}

/// Few filters: neighbouring outputs are taken as one, of the first three only in a batch.
inline std::vector<ConvSetting> narrow_conv_settings() {
  return {{9, 11, 4, 3, 3, 8, 1, 1, 1, 1, 1, 1},       {7, 8, 3, 3, 3, 5},
          {8, 9, 2, 5, 5, 4, 1, 1, 2, 2, 2, 2},        {18, 21, 3, 3, 3, 5, 1, 1, 1, 1, 1, 1},
          {20, 20, 4, 3, 3, 8, 1, 1, 1, 1, 1, 1},      {22, 27, 2, 5, 5, 6},
          {37, 34, 5, 3, 3, 7, 2, 2, 0, 0, 1, 1},      {19, 23, 8, 3, 3, 4, 1, 1, 1, 1, 1, 1},
          {18, 25, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1},      {16, 23, 1, 2, 4, 2, 1, 1, 0, 2, 1, 1},
          {17, 19, 16, 3, 3, 6, 1, 1, 1, 1, 1, 1},     {19, 40, 2, 4, 4, 3, 1, 2, 2, 1, 1, 2},
          {21, 21, 3, 3, 3, 2, 1, 1, 2, 2, 2, 2, 2, 1}};
}

/// Settings that between them reach every branch: each channel count and kernel of interest,
/// strides, asymmetric padding, dilation, groups, kernels larger than half the image.
inline std::vector<ConvSetting> conv_settings() {
  std::vector<ConvSetting> all;
  for (const std::int64_t channels : {1, 3, 4, 32}) {
    for (const std::int64_t filters : {1, 4, 8, 13}) {
      all.push_back({7, 9, channels, 1, 1, filters});
      all.push_back({7, 9, channels, 3, 3, filters});
      all.push_back({7, 10, channels, 5, 2, filters});
      all.push_back({7, 9, channels, 3, 3, filters, 1, 1, 1, 1, 1, 1});
      all.push_back({8, 9, channels, 3, 3, filters, 2, 2, 0, 1, 1, 1});
    }
  }
  all.push_back({5, 5, 2, 4, 4, 6});
  all.push_back({5, 5, 2, 5, 5, 3, 1, 1, 2, 2, 2, 2});
  all.push_back({3, 3, 2, 5, 5, 3, 1, 1, 4, 3, 4, 3});  // output columns that see one tap only
  all.push_back({2, 2, 3, 3, 3, 8, 1, 1, 2, 2, 2, 2});  // and no column that sees all of them
  all.push_back({11, 13, 3, 3, 3, 9, 3, 3});
  all.push_back({11, 13, 3, 2, 2, 9, 3, 2});  // numbers that no window sees
  all.push_back({11, 13, 3, 3, 3, 9, 3, 2, 2, 0, 0, 1});
  all.push_back({11, 13, 2, 3, 3, 5, 1, 1, 0, 0, 0, 0, 2, 3});
  all.push_back({11, 13, 2, 3, 3, 5, 2, 3, 3, 1, 4, 2, 2, 3});
  all.push_back({6, 7, 4, 3, 3, 8, 1, 1, 1, 1, 1, 1, 1, 1, 2});
  all.push_back({6, 7, 6, 3, 2, 6, 2, 1, 1, 0, 0, 1, 1, 1, 6});
  all.push_back({6, 7, 10, 2, 3, 26, 1, 2, 0, 1, 2, 1, 2, 2, 2});
  all.push_back({1, 1, 5, 1, 1, 7});
  all.push_back({8, 8, 6, 2, 2, 9, 2, 2});  // windows beside one another
  // With strides, outputs that see no padding within those that do.
  all.push_back({41, 35, 3, 3, 3, 17, 2, 2, 1, 1, 1, 1});
  all.push_back({57, 22, 4, 5, 3, 40, 3, 1, 2, 3, 1, 1, 1, 1, 2});
  all.push_back({24, 60, 2, 3, 4, 6, 1, 2, 1, 0, 2, 4, 2, 2});
  // Few channels and many filters, whose input gradients are dot products.
  all.push_back({9, 11, 3, 3, 3, 40, 1, 1, 1, 1, 1, 1});
  all.push_back({9, 11, 5, 5, 3, 24, 2, 3, 1, 2, 0, 1});
  // Few channels and rows long enough for registers along them: in one slab and in several, padding
  // that no row needs, some that is wider than the kernel, an output narrower than it.
  all.push_back({17, 19, 5, 5, 3, 13});
  all.push_back({70, 33, 6, 2, 3, 40, 1, 1, 1, 0, 1, 1});
  all.push_back({9, 12, 7, 2, 4, 8, 1, 1, 0, 0, 5, 6});
  all.push_back({9, 12, 7, 2, 4, 8, 1, 1, 0, 0, 5, 0});
  all.push_back({3, 41, 4, 5, 5, 6, 1, 1, 4, 3, 4, 0});
  all.push_back({4, 14, 3, 3, 14, 50});
  all.push_back({7, 25, 8, 3, 3, 9, 1, 1, 1, 1, 1, 1});
  all.push_back({5, 37, 12, 2, 5, 30});
  all.push_back({6, 7, 4, 3, 3, 32, 1, 1, 1, 1, 1, 1, 1, 1, 2});
  // By products: outputs that no place of the first columns meets, and some that none meets; more
  // classes than are kept.
  all.push_back({5, 9, 4, 3, 3, 13, 1, 1, 4, 0, 5, 0});
  all.push_back({5, 9, 4, 3, 3, 13, 1, 1, 0, 5, 0, 6});
  all.push_back({9, 9, 2, 2, 3, 10, 2, 3, 1, 4, 1, 7});
  all.push_back({3, 40, 4, 2, 3, 16, 1, 18});
  // Classes of places that are joined: with and without a whole last place, padding wider than the
  // kernel, taps in several columns of outputs and far apart rows; and kernels too large for it.
  all.push_back({9, 9, 16, 3, 3, 20, 2, 2, 0, 1, 0, 1});
  all.push_back({8, 10, 9, 3, 3, 6, 2, 2, 3, 0, 4, 5});
  all.push_back({8, 11, 12, 4, 5, 9, 2, 2, 1, 2, 2, 1});
  all.push_back({15, 11, 12, 3, 5, 8, 3, 2, 2, 1, 2, 2, 2, 1});
  all.push_back({15, 11, 12, 4, 3, 8, 2, 2, 5, 5, 1, 1, 2, 1});
  all.push_back({8, 14, 10, 3, 5, 12, 2, 3, 1, 1, 2, 1});
  all.push_back({6, 6, 16, 1, 3, 5, 3, 2});
  all.push_back({14, 9, 12, 4, 3, 8, 3, 2, 0, 0, 0, 0, 2, 1});
  all.push_back({22, 9, 12, 6, 3, 8, 3, 2, 0, 0, 0, 0, 2, 1});
  all.push_back({5, 6, 16, 5, 5, 100, 2, 2});
  all.push_back({5, 6, 16, 5, 5, 230, 2, 2});
  // Few filters: with one and several registers for a row of the kernel, groups, and sums of so
  // many that they have no room.
  all.push_back({9, 10, 16, 3, 3, 2, 1, 1, 1, 1, 1, 1});
  all.push_back({11, 8, 9, 5, 5, 5, 2, 1, 2, 2, 2, 2});
  all.push_back({8, 9, 34, 3, 2, 6, 1, 2, 0, 1, 1, 0, 1, 1, 2});
  all.push_back({8, 9, 12, 2, 3, 7, 1, 1, 0, 2, 0, 0, 2, 2});
  all.push_back({4, 5, 300, 3, 3, 7});
  all.push_back({11, 13, 1, 3, 3, 1, 1, 1, 0, 0, 0, 0, 1, 2});  // whose numbers are no run
  // Few filters, and rows of the kernel that fill registers: forward goes by dot products.
  all.push_back({9, 8, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1});
  all.push_back({9, 8, 16, 2, 3, 5, 1, 2, 1, 0, 1, 2, 2, 1});
  all.push_back({7, 9, 64, 3, 3, 6, 2, 2, 1, 1, 1, 1});
  all.push_back({3, 4, 512, 3, 3, 2, 1, 1, 1, 1, 1, 1});  // a kernel too large for it
  // Images that shrink to so few columns that input gradients go tap by tap.
  all.push_back({9, 12, 33, 5, 5, 34});
  all.push_back({12, 9, 40, 3, 3, 36, 1, 1, 1, 0, 0, 1, 2, 3});
  all.push_back({6, 10, 66, 2, 5, 70, 1, 1, 0, 1, 1, 0, 1, 1, 2});
  all.push_back({16, 17, 64, 6, 5, 40});  // more than is near at a time
  // Rows of so few outputs, or places, that wide tiles take them.
  all.push_back({8, 8, 20, 3, 3, 70, 2, 2, 0, 1, 0, 1});
  all.push_back({6, 6, 8, 3, 3, 128, 1, 1, 0, 0, 0, 0, 1, 1, 2});
  all.push_back({7, 8, 70, 3, 2, 66, 2, 2, 1, 1, 1, 1});
  // Products: kernels as large as the image, of one place; and what looks like one but for a stride
  // or a dilation.
  all.push_back({5, 4, 6, 5, 4, 35});
  all.push_back({1, 7, 33, 1, 7, 1});
  all.push_back({12, 11, 40, 1, 1, 70});
  all.push_back({7, 8, 9, 1, 1, 12, 2, 1});
  all.push_back({3, 1, 5, 2, 1, 9, 1, 1, 0, 0, 0, 0, 2, 1});
  // As many outputs as places, and one output for a kernel as large as the image, by padding alone.
  all.push_back({4, 2, 3, 1, 1, 5, 1, 2, 0, 0, 0, 1});
  all.push_back({3, 2, 4, 3, 2, 6, 1, 1, 0, 2, 0, 0, 2, 1});
  for (const ConvSetting& setting : large_conv_settings()) all.push_back(setting);
  for (ConvSetting setting : winograd_settings()) {
    all.push_back(setting);
    setting.batch = 2;  // fewer than the kernel's transform is worth
    all.push_back(setting);
  }
  for (const ConvSetting& setting : narrow_conv_settings()) all.push_back(setting);
  return all;
}

}  // namespace minnow::test
