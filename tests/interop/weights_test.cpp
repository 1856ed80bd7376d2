#include "interop/weights.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/ops.h"
#include "data/npz.h"
#include "interop/onnx.h"
#include "interop/safetensors.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "tests/data/files.h"
#include "tests/expect_error.h"
#include "tests/support/plus_layer.h"

namespace minnow {
namespace {

using testing::load;
using testing::store;
using testing::TemporaryFolder;

Sequential network(std::uint64_t seed) {
  return Sequential({Input({6, 6, 1}), Conv2D(3, 3), Flatten(), Dense(4)}, {.seed = seed});
}

void expect_weights(const Model& a, const Model& b) {
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_TRUE(same_bits(a.get_weights()[i], b.get_weights()[i]));
}

TEST(Weights, GoByLayer) {
  const TemporaryFolder folder;
  const Sequential model = network(1);
  for (const char* file : {"w.npz", "w.safetensors"}) {
    save_weights(folder / file, model);
    Sequential other = network(2);
    load_weights(folder / file, other);
    expect_weights(model, other);
  }
  EXPECT_EQ(npz_names(folder / "w.npz"), (std::vector<std::string>{"conv2d/kernel", "conv2d/bias",
                                                                   "dense/kernel", "dense/bias"}));
  EXPECT_TRUE(same_bits(read_npz(folder / "w.npz", "dense/kernel"), model.get_weights()[2]));
  EXPECT_EQ(read_safetensors(folder / "w.safetensors").tensors.size(), 4U);
}

TEST(Weights, OfAnotherModelAreRefused) {
  const TemporaryFolder folder;
  const std::string path = folder / "w.npz";
  Sequential model = network(1);
  const auto refused = [&](std::vector<std::pair<std::string, Tensor>> arrays,
                           const std::string& text) {
    write_npz(path, arrays);
    expect_error<InvalidArgument>([&] { load_weights(path, model); }, "[load_weights] " + text);
    expect_weights(model, network(1));
  };
  const Tensor kernel = zeros({3, 3, 1, 3}), bias = zeros({3});
  refused({{"conv2d/kernel", kernel}}, path + ": 'conv2d/bias': expected shape (3,), got none.");
  refused({{"conv2d/kernel", zeros({3, 3, 3, 1})}},
          path + ": 'conv2d/kernel': expected shape (3, 3, 1, 3), got (3, 3, 3, 1).");
  refused({{"conv2d/kernel", kernel},
           {"conv2d/bias", bias},
           {"dense/kernel", zeros({48, 4})},
           {"dense/bias", zeros({4})},
           {"more", zeros({2})}},
          path + ": 'more': expected only weights of the model, got numbers of shape (2,).");
  expect_error<InvalidArgument>([&] { save_weights("w.bin", model); },
                                "[save_weights] path: expected a name that ends in .npz, "
                                ".safetensors or .h5, got w.bin.");
  store(path, "neither");
  expect_error<InvalidArgument>([&] { load_weights(path, model); },
                                "[load_weights] " + path +
                                    ": expected weights as .npz, .safetensors, .weights.h5 or a "
                                    ".keras archive, got a file of another kind.");
}

TEST(WriteNpz, TwoArraysOfOneNameAreRefused) {
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, Tensor>> twice{{"a", zeros({1})}, {"a", zeros({1})}};
  expect_error<InvalidArgument>(
      [&] { write_npz(folder / "w.npz", twice); },
      "[write_npz] arrays: expected a name of its own for every array, got 'a' twice.");
  EXPECT_TRUE(folder.names().empty());
}

// What onnxruntime makes of such files is a part of the round trip with Keras.
TEST(Onnx, TransposesStandOnlyWhereTheyAreNeeded) {
  const TemporaryFolder folder;
  const Sequential model({Input({8, 8, 2}), Conv2D(3, 3, {.activation = "relu"}), Conv2D(2, 3),
                          Flatten(), Dense(2, {.activation = "softmax"})});
  export_onnx(folder / "m.onnx", model);
  const auto bytes = load(folder / "m.onnx");
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto count = [&](const std::string& word) {
    int n = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != text.npos; at += word.size()) ++n;
    return n;
  };
  // A node's type comes with a field tag and its length.
  EXPECT_EQ(count("\x22\x09Transpose"), 2);  // to the first convolution, and before Flatten
  EXPECT_EQ(count("\x22\x04"
                  "Conv"),
            2);
  EXPECT_EQ(count("\x22\x06MatMul"), 1);
  EXPECT_EQ(count("\x12\x01N"), 2);  // the free axis of input and output
}

TEST(Onnx, LayersWithoutTranslationAreNamed) {
  const TemporaryFolder folder;
  const Symbol a = Input({2}, {.name = "a"});
  const Symbol sum = Plus()({a, a});
  const Model model(a, Plus()({sum, a}));
  try {
    export_onnx(folder / "m.onnx", model);
    ADD_FAILURE();
  } catch (const Unimplemented& e) {
    const std::string text = e.what();
    EXPECT_TRUE(text.starts_with("[export_onnx] " + (folder / "m.onnx") +
                                 ": 2 things are not supported:\n  [Plus 'plus"))
        << text;
    EXPECT_NE(text.find("\n  [Plus 'plus_1'] this layer has no translation to ONNX. Supported: "
                        "Activation, "),
              std::string::npos)
        << text;
  }
  EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace minnow
