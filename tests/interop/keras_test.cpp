#include "interop/keras.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/graph/submodel.h"
#include "core/ops.h"
#include "core/random.h"
#include "data/detail/byte_source.h"
#include "data/detail/zip.h"
#include "data/detail/zip_write.h"
#include "data/file.h"
#include "data/npy.h"
#include "interop/architecture.h"
#include "interop/detail/contained.h"
#include "interop/detail/hdf5.h"
#include "interop/detail/keras_weights.h"
#include "interop/json.h"
#include "layers/concatenate.h"
#include "layers/dense.h"
#include "layers/flatten.h"
#include "tests/data/files.h"
#include "tests/expect_error.h"
#include "tests/interop/same_model.h"

namespace minnow {
namespace {

using testing::Bytes;
using testing::expect_same;
using testing::load;
using testing::store;
using testing::TemporaryFolder;
using testing::thrown_by;

std::string fixture(std::string_view name) {
  return std::string(MINNOW_SOURCE_DIR "/tests/interop/fixtures/") + std::string(name);
}

Tensor images() {
  Tensor x({6, 4, 4, 1});
  for (std::size_t i = 0; i < 96; ++i) {
    x.mutable_values<float>()[i] = static_cast<float>(static_cast<double>(i) / 95);
  }
  return x;
}

/// Members of a .keras file, to be changed and put together again.
using Members = std::vector<std::pair<std::string, Bytes>>;

Members members_of(const std::string& path) {
  const detail::Origin origin{"test", path};
  const detail::ZipArchive zip(detail::open_source(origin, {}), origin);
  Members members;
  for (const detail::ZipEntry& entry : zip.entries()) {
    members.emplace_back(entry.name, detail::read_all(*zip.open(entry, origin, 1 << 20), origin));
  }
  return members;
}

void store_members(const std::string& path, const Members& members) {
  write_file_atomically(path, [&](std::ostream& out) {
    detail::ZipWriter zip(out);
    for (const auto& [name, bytes] : members) zip.add(name, bytes);
    zip.finish();
  });
}

TEST(Keras, AnArchiveOfKerasPredictsAndTrainsOn) {
  Model model = load_keras(fixture("small.keras"));
  EXPECT_EQ(model.options().name, "small");
  EXPECT_EQ(model.step(), 4);
  EXPECT_EQ(model.optimizer_state().size(), 12U);
  const Tensor expected = read_npy(fixture("small_prediction.npy"));
  const Tensor got = model.predict(images());
  ASSERT_EQ(got.shape(), expected.shape());
  for (std::int64_t i = 0; i < got.shape().numel(); ++i) {
    EXPECT_NEAR(got.values<float>()[static_cast<std::size_t>(i)],
                expected.values<float>()[static_cast<std::size_t>(i)], 1e-6);
  }
  const Tensor labels = tensor({0, 1, 0, 1, 1, 0}, DType::int64);
  EXPECT_TRUE(model.fit(images(), labels, {.epochs = 1}).values.contains("accuracy"));
  EXPECT_EQ(model.step(), 5);
}

TEST(Keras, WhatIsWrittenIsReadTheSame) {
  const TemporaryFolder folder;
  Model first = load_keras(fixture("small.keras"));
  first.set_learning_rate(0.25F);
  save_keras(folder / "m.keras", first);
  Model second = load_keras(folder / "m.keras");
  expect_same(first, second);
  EXPECT_EQ(second.learning_rate(), 0.25F);
  // Keras's own tree of numbers, path for path.
  const Members ours = members_of(folder / "m.keras"), theirs = members_of(fixture("small.keras"));
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_EQ(ours[i].first, theirs[i].first);
  const detail::Hdf5Image a(ours[2].second, "test", "ours"), b(theirs[2].second, "test", "theirs");
  ASSERT_EQ(a.paths(), b.paths());
  for (const std::string& path : a.paths()) {
    if (path == "optimizer/vars/1") continue;  // the learning rate
    EXPECT_EQ(a.shape(path), b.shape(path)) << path;
    EXPECT_TRUE(same_bits(a.read(path).astype(DType::float32), b.read(path).astype(DType::float32)))
        << path;
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"m.keras"});
}

TEST(Keras, ModelsWithinModelsLieWhereKerasHasThem) {
  const TemporaryFolder folder;
  const Input in({4}), x({4});
  const Dense shared(3);
  const Submodel inner({Input({3}), Dense(3)}), outer({in}, {inner(shared(in))}, {.name = "outer"});
  Model model(x, Concatenate()({outer(x), inner(shared(x)), outer(Dense(4)(x))}));
  model.compile({.optimizer = "adam", .loss = "mse"});
  Rng rng(4);
  model.fit(normal({5, 4}, rng), normal({5, 9}, rng));
  save_keras(folder / "m.keras", model);
  Model back = load_keras(folder / "m.keras");
  expect_same(back, model);
  // As Keras 3.15 lays out the same model: a layer where it is first met, within the model that
  // calls it, and each model numbers its own layers by class.
  const Members members = members_of(folder / "m.keras");
  const detail::Hdf5Image image(members[2].second, "test", "ours");
  std::vector<std::string> weights;
  for (const std::string& path : image.paths()) {
    if (path.starts_with("layers/")) weights.push_back(path);
  }
  const std::vector<std::string> expected = {
      "layers/dense/vars/0",
      "layers/dense/vars/1",
      "layers/dense_1/vars/0",
      "layers/dense_1/vars/1",
      "layers/functional/layers/sequential/layers/dense/vars/0",
      "layers/functional/layers/sequential/layers/dense/vars/1"};
  EXPECT_EQ(weights, expected);
}

TEST(Keras, WeightsAloneGoIntoAModel) {
  const TemporaryFolder folder;
  Model model = load_keras(fixture("small.keras"));
  Model other = model_from_config(architecture_of(model), "json", {.seed = 3});
  load_keras_weights(fixture("small.weights.h5"), other);  // not compiled: without the optimizer
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_TRUE(same_bits(other.get_weights()[i], model.get_weights()[i]));
  }
  other.compile(*model.compile_options());
  load_keras_weights(fixture("small.keras"), other);
  expect_same(other, model);
  save_keras_weights(folder / "w.weights.h5", model);
  Model third = load_keras(fixture("small.keras"));
  third.fit(images(), tensor({0, 1, 0, 1, 1, 0}, DType::int64));
  load_keras_weights(folder / "w.weights.h5", third);
  expect_same(third, model);
}

TEST(Keras, ASharedKernelThatLiesTransposedIsWrittenAsUsersSeeIt) {
  const TemporaryFolder folder;
  const Input a({80}, {.name = "a"}), b({80}, {.name = "b"});
  const Dense shared(3);
  Model model({a, b}, {Dense(2)(shared(a)), Dense(2)(shared(b))});
  save_keras(folder / "m.keras", model);
  const Members members = members_of(folder / "m.keras");
  const detail::Hdf5Image image(members[2].second, "test", "m");
  EXPECT_EQ(image.paths(),
            (std::vector<std::string>{"layers/dense/vars/0", "layers/dense/vars/1",
                                      "layers/dense_1/vars/0", "layers/dense_1/vars/1",
                                      "layers/dense_2/vars/0", "layers/dense_2/vars/1"}));
  EXPECT_EQ(image.shape("layers/dense/vars/0"), Shape({80, 3}));
  EXPECT_TRUE(same_bits(image.read("layers/dense/vars/0"), model.get_weights()[0]));
  expect_same(load_keras(folder / "m.keras"), model);
}

TEST(Keras, AllThatIsNotSupportedIsNamedAtOnce) {
  const std::string thrown = thrown_by([] { load_keras(fixture("unsupported.keras")); });
  EXPECT_TRUE(
      thrown.starts_with("Unimplemented: [architecture] " + fixture("unsupported.keras") + ": "))
      << thrown;
  for (const char* what :
       {"things are not supported:\n", "\n  [GRU 'first'] this layer is not supported.",
        "\n  [RepeatVector 'again'] this layer is not supported.",
        "\n  [SimpleRNN 'last'] this layer is not supported. Supported: Activation, ",
        "\n  [Lion] this optimizer is not supported. Supported: Adagrad, Adam, "}) {
    EXPECT_NE(thrown.find(what), std::string::npos) << what << "\nin " << thrown;
  }
}

TEST(Keras, OtherArchivesAreRefused) {
  const TemporaryFolder folder;
  const std::string path = folder / "m.keras";
  const Members good = members_of(fixture("small.keras"));
  const auto refused = [&](const Members& members, const std::string& message) {
    store_members(path, members);
    EXPECT_EQ(thrown_by([&] { load_keras(path); }), message);
  };
  const std::string at = "[load_keras] " + path + ": ";
  refused({good[0], good[1]},
          "DataLoss: " + at + "expected a member 'model.weights.h5', got none.");
  refused({good[0], good[2]}, "DataLoss: " + at + "expected a member 'config.json', got none.");
  refused({good[0], good[1], good[2], {"../evil", {}}},
          "DataLoss: " + at + "expected members within the archive, got '../evil'.");
  refused({good[0], good[1], good[2], {"/etc/evil", {}}},
          "DataLoss: " + at + "expected members within the archive, got '/etc/evil'.");
  refused({good[0], good[1], good[2], {"assets/words", {}}},
          "Unimplemented: " + at +
              "the member 'assets/words' is not supported. Supported: metadata.json, config.json, "
              "model.weights.h5.");
  refused({good[0], good[1], good[2], good[1]},
          "DataLoss: " + at + "expected members of different names, got 'config.json' twice.");
  refused(
      {{"metadata.json", testing::to_bytes(R"({"keras_version": "2.15.0"})")}, good[1], good[2]},
      "Unimplemented: " + at +
          "the format of Keras '2.15.0' is not supported. Supported: Keras 3.");
  refused({good[0], {"config.json", Bytes((std::size_t{4} << 20) + 1, std::byte{' '})}, good[2]},
          "DataLoss: " + at + "expected at most 4194304 bytes of config.json, got 4194305.");
  Bytes large = good[2].second;
  large.resize(std::size_t{2} << 20);
  store_members(path, {good[0], good[1], {"model.weights.h5", large}});
  EXPECT_TRUE(
      thrown_by([&] { load_keras(path); }).starts_with("DataLoss: " + at + "expected at most 1"));
  EXPECT_TRUE(thrown_by([&] { load_keras(folder / "absent"); }).starts_with("NotFound: "));
  store(path, "neither");
  EXPECT_TRUE(thrown_by([&] { load_keras(path); }).starts_with("DataLoss: [load_keras] "));
}

// The file's numbers do not fit its architecture.
TEST(Keras, NumbersThatDoNotFitAreNamedAndLeaveTheModelAsItWas) {
  const TemporaryFolder folder;
  const std::string path = folder / "w.weights.h5";
  Model model = load_keras(fixture("small.keras"));
  const Model before = load_keras(fixture("small.keras"));
  const detail::Hdf5Tree good = detail::keras_tree(model);
  const auto refused = [&](const detail::Hdf5Tree& tree, const std::string& message) {
    store(path, detail::encode_hdf5(tree));
    EXPECT_EQ(thrown_by([&] { load_keras_weights(path, model); }),
              "InvalidArgument: [load_keras_weights] " + path + ": " + message);
    expect_same(model, before);
  };
  const auto place = [&](std::string_view name) {
    return static_cast<std::size_t>(
        std::find_if(good.datasets.begin(), good.datasets.end(),
                     [&](const NamedTensor& t) { return t.name == name; }) -
        good.datasets.begin());
  };
  detail::Hdf5Tree bad = good;
  bad.datasets.erase(bad.datasets.begin() + 2);
  refused(bad,
          "layers/dense/vars/0: expected shape (8, 3) for 'hidden/kernel', got nothing under "
          "this name.");
  bad = good;
  bad.datasets[2].value = zeros({3, 8});
  refused(bad, "layers/dense/vars/0: expected shape (8, 3) for 'hidden/kernel', got (3, 8).");
  bad = good;
  bad.datasets[2].value = zeros({8, 3}, DType::float64);
  refused(bad, "layers/dense/vars/0: expected float32 for 'hidden/kernel', got float64.");
  bad = good;
  bad.datasets[2].value = full({8, 3}, 1) / zeros({8, 3});
  refused(bad, "layers/dense/vars/0: expected finite values for 'hidden/kernel', got inf.");
  bad = good;
  bad.datasets.push_back({"layers/dense_2/vars/0", zeros({2})});
  refused(bad,
          "layers/dense_2/vars/0: expected nothing under this name for the model, got numbers "
          "of shape (2,).");
  bad = good;
  bad.datasets.erase(bad.datasets.begin() + static_cast<std::ptrdiff_t>(place("optimizer/vars/5")));
  refused(bad,
          "optimizer/vars/5: expected shape (2,) for 'conv2d/bias/velocity', got nothing "
          "under this name.");
  bad = good;
  bad.datasets[place("optimizer/vars/0")].value = full({}, -1, DType::int64);
  refused(bad, "optimizer/vars/0: expected iterations of at least 0, got -1.");
  bad = good;
  bad.datasets[place("optimizer/vars/1")].value = full({}, 0);
  refused(bad, "optimizer/vars/1: expected a learning rate above 0, got 0.");
  // In an archive, where the architecture is the file's own, that is damage.
  Members members = members_of(fixture("small.keras"));
  members[2].second = detail::encode_hdf5(bad);
  store_members(path, members);
  EXPECT_EQ(thrown_by([&] { load_keras(path); }),
            "DataLoss: [load_keras] " + path +
                ": optimizer/vars/1: expected a learning rate above 0, got 0.");
}

TEST(Keras, WhatHdf5OffersAndKerasDoesNotUseIsRefused) {
  for (const auto& [file, what] :
       {std::pair<std::string, std::string>{"soft.h5", "'other' is a soft link"},
        {"external.h5", "'other' is an external link"},
        {"hard.h5", "'vars' is a second link to one object"},
        {"virtual.h5", "'whole' is a virtual dataset"},
        {"outside.h5", "'a' is in another file"},
        {"gzip.h5", "'a' is compressed"},
        {"chunks.h5", "'a' is not stored in one piece"},
        {"type.h5", "'t' is a type of its own"}}) {
    const Bytes bytes = load(fixture(file));
    EXPECT_EQ(thrown_by([&] { detail::Hdf5Image(bytes, "where", "x.h5"); }),
              "Unimplemented: [where] x.h5: " + what +
                  ", which is not supported. Supported: groups and datasets as Keras writes them.");
  }
}

TEST(Keras, TruncationsAndFlippedBytesAreTypedErrors) {
  const TemporaryFolder folder;
  const std::string path = folder / "m.keras";
  const Bytes good = load(fixture("small.keras"));
  for (std::size_t n = 0; n < good.size(); n += 1 + n / 20) {
    store(path, std::span(good).first(n));
    EXPECT_TRUE(thrown_by([&] { load_keras(path); }).starts_with("DataLoss: ")) << n;
  }
  // In the archive a checksum finds every change of a member; in a .weights.h5 file the library
  // meets it.
  Model model = load_keras(fixture("small.keras"));
  const Model before = load_keras(fixture("small.keras"));
  Bytes bad = good;
  int refused = 0;
  for (std::size_t n = 0; n < good.size(); n += 211) {
    bad[n] ^= std::byte{0x10};
    store(path, bad);
    const std::string thrown = thrown_by([&] { expect_same(load_keras(path), before); });
    refused += thrown != "nothing";
    EXPECT_TRUE(thrown == "nothing" || thrown.starts_with("DataLoss: ") ||
                thrown.starts_with("Unimplemented: "))
        << n << ": " << thrown;
    bad[n] = good[n];
  }
  EXPECT_GT(refused, 100);
  const Bytes weights = load(fixture("small.weights.h5"));
  refused = 0;
  for (std::size_t n = 0; n < weights.size(); n += 1 + n / 40) {
    Bytes changed = weights;
    changed[n] ^= static_cast<std::byte>(1U << (n % 8));
    store(path, changed);
    if (thrown_by([&] { load_keras_weights(path, model); }) != "nothing") {
      ++refused;
      expect_same(model, before);
    } else {
      load_keras_weights(fixture("small.weights.h5"), model);  // numbers may have changed, no more
    }
  }
  EXPECT_GT(refused, 20);
}

TEST(Contained, WorkThatCrashesOrLoopsGivesNothing) {
  using detail::run_contained;
  EXPECT_EQ(run_contained([] { return std::string(100'000, 'x'); }), std::string(100'000, 'x'));
  EXPECT_EQ(run_contained([]() -> std::string { throw std::runtime_error("no"); }), std::nullopt);
  EXPECT_EQ(run_contained([]() -> std::string { std::abort(); }), std::nullopt);
  EXPECT_EQ(run_contained(
                []() -> std::string {
                  for (std::atomic<unsigned> i = 0;; ++i) {
                  }
                },
                {.time = std::chrono::seconds(1)}),
            std::nullopt);
  EXPECT_EQ(run_contained(
                [] {
                  std::vector<char> much(std::size_t{1} << 29, 'x');
                  return std::string(much.begin(), much.begin() + 1);
                },
                {.memory = std::size_t{1} << 26}),
            std::nullopt);
}

}  // namespace
}  // namespace minnow
