// MaxPooling2D and AveragePooling2D.
#include <gtest/gtest.h>

#include <limits>

#include "core/config.h"
#include "core/error.h"
#include "layers/average_pooling2d.h"
#include "layers/max_pooling2d.h"
#include "tests/expect_error.h"
#include "tests/layers/layer_rig.h"

namespace minnow {
namespace {

using test::LayerRig;

TEST(MaxPooling2D, TakesTheLargestAndSendsItsGradientThere) {
  LayerRig rig(MaxPooling2D({2, 2}), {2, 4, 1});
  rig.x = {1, 5, 2, 2, 3, 4, 2, 2};
  rig.forward(1);
  EXPECT_EQ(rig.y, (std::vector<float>{5, 2}));
  rig.backward(1, {10, 20});
  EXPECT_EQ(rig.dx, (std::vector<float>{0, 10, 20, 0, 0, 0, 0, 0}));  // of equals the first
}

TEST(MaxPooling2D, LeavesOutWhatDoesNotFillAWindow) {
  LayerRig rig(MaxPooling2D(), {3, 3, 1});
  rig.x = {1, 2, 9, 3, 4, 9, 9, 9, 9};
  rig.forward(1);
  EXPECT_EQ(rig.y, (std::vector<float>{4}));
}

TEST(MaxPooling2D, PaddingNeverWins) {
  LayerRig rig(MaxPooling2D(2, {.padding = "same"}), {1, 3, 1});
  rig.x = {-1, -2, -3};
  rig.forward(1);
  EXPECT_EQ(rig.y, (std::vector<float>{-1, -3}));
}

TEST(MaxPooling2D, SavesAPlaceForEachOutput) {
  const MaxPooling2D layer, wide(17);
  const auto op = layer.impl().build(test::behind_dense(layer, {4, 6, 3}));
  EXPECT_EQ(op->declaration().saved.per_row, 2 * 3 * 3);  // one byte for each
  EXPECT_EQ(op->declaration().saved.fixed, 0);
  const auto many = wide.impl().build(test::behind_dense(wide, {17, 34, 3}));
  EXPECT_EQ(many->declaration().saved.per_row, 1 * 2 * 3 * 4);  // 289 places need more
}

TEST(AveragePooling2D, PaddingDoesNotCount) {
  LayerRig rig(AveragePooling2D(2, {.padding = Padding::same}), {1, 3, 1});
  rig.x = {1, 2, 6};
  rig.forward(1);
  EXPECT_EQ(rig.y, (std::vector<float>{1.5F, 6}));
  rig.backward(1, {1, 1});
  EXPECT_EQ(rig.dx, (std::vector<float>{0.5F, 0.5F, 1}));
}

TEST(Pooling2D, StridesAreThePoolByDefault) {
  EXPECT_EQ(MaxPooling2D({3, 2}).impl().config().str(),
            R"({"pool_size":[3,2],"padding":"valid","strides":[3,2],)"
            R"("data_format":"channels_last"})");
  EXPECT_EQ(AveragePooling2D(2, {.strides = 1, .padding = "same"}).impl().config().str(),
            R"({"pool_size":[2,2],"padding":"same","strides":[1,1],)"
            R"("data_format":"channels_last"})");
  const Config lean = Config::object({{"pool_size", 3}, {"strides", {}}});
  EXPECT_EQ(MaxPooling2D::from_config(lean).impl().config(), MaxPooling2D(3).impl().config());
  EXPECT_EQ(AveragePooling2D::from_config({}).impl().config(), AveragePooling2D().impl().config());
}

TEST(Pooling2D, RefusesSettings) {
  expect_error<InvalidArgument>(
      [] {
        MaxPooling2D({2, 0}, {.name = "p"});
      },
      "[MaxPooling2D 'p'] pool_size: expected numbers from 1 to 2147483647, got (2, 0).");
  expect_error<InvalidArgument>(
      [] { AveragePooling2D(2, {.strides = 0}); },
      "[AveragePooling2D] strides: expected numbers from 1 to 2147483647, got (0, 0).");
  const MaxPooling2D layer;
  expect_error<InvalidArgument>(
      [&] {
        layer.impl().build(test::behind_dense(layer, {1LL << 20, 1LL << 20, 1}));
      },
      "[MaxPooling2D 'here'] input: expected at most 2147483647 places in an image, got (N, "
      "1048576, 1048576, 1) from Dense 'before'.");
}

}  // namespace
}  // namespace minnow
