#include "interop/checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"
#include "data/file.h"
#include "interop/architecture.h"
#include "interop/safetensors.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tests/data/files.h"
#include "tests/expect_error.h"
#include "tests/interop/same_model.h"

namespace minnow {
namespace {

using testing::Bytes;
using testing::load;
using testing::store;
using testing::TemporaryFolder;

Sequential network() {
  Sequential model(
      {Input({6, 6, 1}, {.expects = Range{0, 1}}), Conv2D(3, 3, {.activation = "relu"}), Flatten(),
       Dropout(0.5F), Dense(4, {.activation = "softmax"})},
      {.seed = 11, .name = "net"});
  model.compile({.optimizer = Adam({.learning_rate = 0.01F}),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"},
                 .input_scale = 0.5F});
  return model;
}

struct Data {
  Rng rng{5};
  Tensor x = uniform({30, 6, 6, 1}, rng);
  Tensor y = randint(0, 4, {30}, rng);
};

void expect_same_run(const Model& a, const Model& b) {
  testing::expect_same(a, b);
  EXPECT_EQ(a.progress().history, b.progress().history);
}

struct StopAfter : Callback {
  std::int64_t batches;
  explicit StopAfter(std::int64_t n) : batches(n) {}
  void on_batch_end(FitContext& context, std::int64_t, const Logs&) override {
    if (--batches == 0) context.stop();
  }
};

TEST(Checkpoint, ResumesToTheBit) {
  const TemporaryFolder folder;
  const Data data;
  const FitOptions options{
      .epochs = 3, .batch_size = 8, .seed = 1ULL << 63, .validation_split = 0.2};
  Sequential whole = network();
  whole.fit(data.x, data.y, options);
  for (std::int64_t batches : {1, 3, 4, 8}) {
    Sequential first = network();
    StopAfter stop(batches);
    FitOptions stopped = options;
    stopped.callbacks = {&stop};
    first.fit(data.x, data.y, stopped);
    save_checkpoint(folder / "model.safetensors", first);
    Model second = load_checkpoint(folder / "model.safetensors");
    expect_same_run(first, second);
    FitOptions rest = options;
    rest.seed.reset();
    rest.resume = true;
    second.fit(data.x, data.y, rest);
    expect_same_run(whole, second);
  }
}

TEST(Checkpoint, KeepsWhatWasCompiledAndDeclared) {
  const TemporaryFolder folder;
  Sequential model = network();
  model.set_learning_rate(0.5F);
  save_checkpoint(folder / "c", model);
  Model loaded = load_checkpoint(folder / "c");
  EXPECT_EQ(loaded.learning_rate(), 0.5F);
  EXPECT_EQ(loaded.compile_options()->input_scale, 0.5F);
  EXPECT_EQ(loaded.options().seed, 11U);
  EXPECT_EQ(loaded.options().name, "net");
  EXPECT_THROW(loaded.predict(full({1, 6, 6, 1}, 2)), InvalidArgument);  // the Range is there
}

TEST(Checkpoint, EveryTruncationAndEveryFlippedByteIsATypedErrorOrAModel) {
  const TemporaryFolder folder;
  Sequential model({Input({2}), Dense(2)});
  model.compile({.optimizer = SGD({.momentum = 0.5F}), .loss = "mse"});
  model.fit(ones({3, 2}), zeros({3, 2}));
  save_checkpoint(folder / "c", model);
  const Bytes good = load(folder / "c");
  for (std::size_t n = 0; n < good.size(); n += 1 + n / 50) {
    store(folder / "d", std::span(good).first(n));
    EXPECT_THROW(load_checkpoint(folder / "d"), Error) << n;
  }
  for (std::size_t n = 0; n < good.size(); n += 1 + n / 100) {
    Bytes bad = good;
    bad[n] ^= static_cast<std::byte>(1U << (n % 8));
    store(folder / "d", bad);
    try {
      load_checkpoint(folder / "d").predict(ones({1, 2}));
    } catch (const Error&) {
    }
  }
}

TEST(Checkpoint, OtherFilesAreNamed) {
  const TemporaryFolder folder;
  write_safetensors(folder / "plain", {{}, {{"a", ones({2})}}});
  expect_error<InvalidArgument>([&] { load_checkpoint(folder / "plain"); },
                                "[load_checkpoint] " + (folder / "plain") +
                                    ": expected a checkpoint written by minnow, got a safetensors "
                                    "file without minnow's settings.");
  EXPECT_THROW(load_checkpoint(folder / "absent"), NotFound);
}

TEST(Safetensors, RoundTrip) {
  const TemporaryFolder folder;
  const SafeTensors contents{{{"format", "pt"}, {"text", "\"quoted\" \n ü"}},
                             {{"f", tensor({{1, 2}, {3, 4}})},
                              {"i", arange(5)},
                              {"b", tensor({1, 0, 1}, DType::boolean)},
                              {"scalar", full({}, 2, DType::float64)},
                              {"none", zeros({0, 3})}}};
  write_safetensors(folder / "t", contents);
  const SafeTensors back = read_safetensors(folder / "t");
  EXPECT_EQ(back.metadata, contents.metadata);
  ASSERT_EQ(back.tensors.size(), contents.tensors.size());
  for (const NamedTensor& tensor : contents.tensors) {
    const auto found = std::find_if(back.tensors.begin(), back.tensors.end(),
                                    [&](const NamedTensor& t) { return t.name == tensor.name; });
    ASSERT_NE(found, back.tensors.end()) << tensor.name;
    EXPECT_TRUE(same_bits(found->value, tensor.value)) << tensor.name;
  }
}

void write_raw(const std::string& path, const std::string& header, std::size_t data) {
  std::string bytes(8 + header.size() + data, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i));
  std::copy(header.begin(), header.end(), bytes.begin() + 8);
  store(path, bytes);
}

TEST(Safetensors, HostileHeaders) {
  const TemporaryFolder folder;
  const std::string path = folder / "t";
  const auto refused = [&](const std::string& header, std::size_t data, const std::string& what) {
    write_raw(path, header, data);
    expect_error<DataLoss>([&] { read_safetensors(path); }, "[read_safetensors] " + path + what);
  };
  refused(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}})", 4,
          ": at byte 8: tensor 'a': expected a number of elements that fits in 63 bits, got "
          "(4611686018427387904, 4).");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}})", 4,
          ": at byte 8: tensor 'a': expected offsets within the 4 bytes of data.");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
          ": at byte 8: tensor 'a': expected the bytes of shape (2,) and float32, got 4.");
  refused(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4,
          ": at byte 8: tensor 'a': expected whole numbers of at least 0 in 'shape'.");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
          R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
          4, ": at byte 119: expected tensors without gaps or overlaps.");
  refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8,
          ": at byte 66: expected the end of the file, got 4 more bytes.");
  write_raw(path, R"({"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", 4);
  expect_error<InvalidArgument>([&] { read_safetensors(path); },
                                "[read_safetensors] " + path +
                                    ": tensor 'a': expected dtype F32, F64, I32, I64, U8 or BOOL, "
                                    "got F16.");
}

}  // namespace
}  // namespace minnow
