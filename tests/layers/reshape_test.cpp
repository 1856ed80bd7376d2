// Reshape and Flatten.
#include "layers/reshape.h"

#include <gtest/gtest.h>

#include "core/config.h"
#include "core/error.h"
#include "layers/flatten.h"
#include "tests/expect_error.h"
#include "tests/layers/layer_rig.h"

namespace minnow {
namespace {

Shape reshaped(const Layer& layer, const Shape& input) {
  const auto op = layer.impl().build(test::behind_dense(layer, input));
  EXPECT_TRUE(op->declaration().view);
  return op->declaration().output;
}

TEST(Reshape, FillsTheOpenSize) {
  EXPECT_EQ(reshaped(Reshape({28, 28, 1}), {784}), (Shape{28, 28, 1}));
  EXPECT_EQ(reshaped(Reshape({-1}), {3, 4}), (Shape{12}));
  EXPECT_EQ(reshaped(Reshape({3, -1}), {3}), (Shape{3, 1}));
  EXPECT_EQ(reshaped(Reshape({}), {1}), Shape{});
}

TEST(Reshape, WritesKerasConfig) {
  EXPECT_EQ(Reshape({2, -1}).impl().config().str(), R"({"target_shape":[2,-1]})");
}

TEST(Reshape, RefusesSettings) {
  expect_error<InvalidArgument>(
      [] {
        Reshape({0, 3}, {.name = "r"});
      },
      "[Reshape 'r'] target_shape: expected sizes of at least 1, one of them -1 at most, got (0, "
      "3).");
  expect_error<InvalidArgument>(
      [] {
        Reshape({-1, 3, -1});
      },
      "[Reshape] target_shape: expected sizes of at least 1, one of them -1 at most, got (-1, 3, "
      "-1).");
  expect_error<InvalidArgument>(
      [] {
        Reshape({1, 1, 1, 1, 1, 1, 1, 1});
      },
      "[Reshape] target_shape: expected at most 7 axes besides the batch's, got (1, 1, 1, 1, 1, 1, "
      "1, 1).");
  expect_error<InvalidArgument>(
      [] {
        Reshape({1LL << 40, 1LL << 40});
      },
      "[Reshape] target_shape: expected a product that fits in 63 bits, got (1099511627776, "
      "1099511627776).");
}

TEST(Flatten, PutsARowInOneAxis) {
  EXPECT_EQ(reshaped(Flatten(), {28, 28, 1}), (Shape{784}));
  EXPECT_EQ(reshaped(Flatten({.name = "f"}), {}), (Shape{1}));
  EXPECT_EQ(Flatten({.name = "f"}).name(), "f");
}

TEST(Flatten, KeepsKerasOrder) {
  expect_error<Unimplemented>(
      [] {
        Flatten::from_config(Config::object({{"data_format", "channels_first"}}));
      },
      "[Flatten] 'data_format' = \"channels_first\" is not supported. Supported: "
      "\"channels_last\".");
}

}  // namespace
}  // namespace minnow
