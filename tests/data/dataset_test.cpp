#include "data/dataset.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "core/ops.h"
#include "data/idx.h"
#include "tests/data/files.h"

namespace minnow {
namespace {

using testing::gzip;
using testing::store;
using testing::TemporaryFolder;
using testing::thrown_by;

/// The variable set (or unset, for nullptr) for as long as this lives.
class Environment {
 public:
  explicit Environment(const char* folder) {
    const char* before = std::getenv("FASHION_MNIST_DIR");
    if (before != nullptr) before_ = before;
    set(folder);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { set(before_.empty() ? nullptr : before_.c_str()); }

 private:
  static void set(const char* value) {
    if (value == nullptr) {
      ::unsetenv("FASHION_MNIST_DIR");
    } else {
      ::setenv("FASHION_MNIST_DIR", value, 1);
    }
  }
  std::string before_;
};

std::string images(int n) {
  std::string text("\0\0\x08\x03\0\0\0", 7);
  text += static_cast<char>(n);
  text += std::string("\0\0\0\x1c\0\0\0\x1c", 8);
  return text + std::string(static_cast<std::size_t>(n) * 784, '\x07');
}
std::string labels(std::string_view values) {
  std::string text("\0\0\x08\x01\0\0\0", 7);
  return text + static_cast<char>(values.size()) + std::string(values);
}

/// A set of three training and two test images.
void store_small_set(const TemporaryFolder& folder) {
  store(folder / "train-images-idx3-ubyte", images(3));
  store(folder / "train-labels-idx1-ubyte.gz", gzip(testing::to_bytes(labels("\x01\x02\x09"))));
  store(folder / "t10k-images-idx3-ubyte", images(2));
  store(folder / "t10k-labels-idx1-ubyte", labels(std::string_view("\x00\x09", 2)));
}

TEST(FashionMnist, EmbeddedSample) {
  const Dataset data = embedded_fashion_mnist();
  EXPECT_EQ(data.source, "the embedded sample");
  EXPECT_EQ(data.x_train.shape(), (Shape{2000, 28, 28, 1}));
  EXPECT_EQ(data.x_test.shape(), (Shape{500, 28, 28, 1}));
  EXPECT_EQ(data.x_train.dtype(), DType::uint8);
  EXPECT_EQ(data.y_train.shape(), (Shape{2000}));
  EXPECT_EQ(data.y_train.dtype(), DType::int64);
  for (const auto& [y, each] : {std::pair{data.y_train, 200}, {data.y_test, 50}}) {
    std::array<int, 10> count{};
    for (std::int64_t label : y.values<std::int64_t>()) ++count.at(static_cast<std::size_t>(label));
    for (int n : count) EXPECT_EQ(n, each);
  }
  // Facts of this very draw.
  const auto first = data.y_train.slice_rows(0, 8);
  EXPECT_TRUE(same_bits(first, tensor({3, 6, 3, 7, 9, 3, 9, 7}, DType::int64))) << first;
  EXPECT_EQ(sum(data.x_train).item<std::int64_t>(), 114221206);
  EXPECT_EQ(sum(data.x_test).item<std::int64_t>(), 28750217);
}

TEST(FashionMnist, OrderOfTheFolders) {
  const TemporaryFolder option, variable, system, empty;
  for (const TemporaryFolder* folder : {&option, &variable, &system}) store_small_set(*folder);
  {
    const Environment set((variable / "").c_str());
    EXPECT_EQ(fashion_mnist({.folder = option / "", .system_folder = system / ""}).source,
              option / "");
    EXPECT_EQ(fashion_mnist({.system_folder = system / ""}).source, variable / "");
  }
  const Environment unset(nullptr);
  EXPECT_EQ(fashion_mnist({.system_folder = system / ""}).source, system / "");
  EXPECT_EQ(fashion_mnist({.system_folder = empty / ""}).source, "the embedded sample");
  EXPECT_EQ(fashion_mnist({.system_folder = "/nowhere"}).source, "the embedded sample");
}

TEST(FashionMnist, Folder) {
  const TemporaryFolder folder;
  store_small_set(folder);
  const Dataset data = fashion_mnist({.folder = folder / ""});
  EXPECT_EQ(data.x_train.shape(), (Shape{3, 28, 28, 1}));
  EXPECT_TRUE(same_bits(data.y_train, tensor({1, 2, 9}, DType::int64)));
  EXPECT_TRUE(same_bits(data.y_test, tensor({0, 9}, DType::int64)));
  EXPECT_EQ(max(data.x_test).item<std::uint8_t>(), 7);
}

TEST(FashionMnist, MissingFilesAreNamed) {
  const TemporaryFolder folder;
  store_small_set(folder);
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte");
  const std::string text = "NotFound: [fashion_mnist] " + (folder / "") +
                           ": there is no file t10k-labels-idx1-ubyte.gz.";
  EXPECT_EQ(thrown_by([&] { fashion_mnist({.folder = folder / ""}); }), text);
  {
    const Environment set((folder / "").c_str());
    EXPECT_EQ(thrown_by([] { fashion_mnist(); }), text);
  }
  const Environment unset(nullptr);
  EXPECT_EQ(thrown_by([&] { fashion_mnist({.system_folder = folder / ""}); }), text);
  EXPECT_EQ(thrown_by([] { fashion_mnist({.folder = "/nowhere"}); }),
            "NotFound: [fashion_mnist] /nowhere: there is no file train-images-idx3-ubyte.gz.");
}

TEST(FashionMnist, FilesThatDoNotGoTogether) {
  const TemporaryFolder folder;
  const std::string images_path = folder / "train-images-idx3-ubyte";
  const std::string labels_path = folder / "t10k-labels-idx1-ubyte";
  const auto error = [&] { return thrown_by([&] { fashion_mnist({.folder = folder / ""}); }); };
  store_small_set(folder);
  store(labels_path, labels("\x01\x02\x03"));
  EXPECT_EQ(error(), "DataLoss: [fashion_mnist] " + labels_path + ": expected 2 labels, as " +
                         (folder / "t10k-images-idx3-ubyte") + " has images, got 3.");
  store(labels_path, labels("\x01\x0a"));
  EXPECT_EQ(error(), "DataLoss: [fashion_mnist] " + labels_path +
                         ": expected labels of 0 to 9, got 10 in row 1.");
  store(labels_path, images(2));
  EXPECT_EQ(error(), "DataLoss: [fashion_mnist] " + labels_path +
                         ": expected uint8 labels of shape (N,), got uint8 (2, 28, 28).");
  store(images_path, labels("\x01\x02"));
  EXPECT_EQ(error(), "DataLoss: [fashion_mnist] " + images_path +
                         ": expected uint8 images of shape (N, 28, 28), got uint8 (2,).");
}

TEST(FashionMnist, TheWholeSetWhereItIsInstalled) {
  if (!std::filesystem::exists(FashionMnistOptions{}.system_folder)) GTEST_SKIP();
  const Environment unset(nullptr);
  const Dataset data = fashion_mnist();
  EXPECT_EQ(data.x_train.shape(), (Shape{60000, 28, 28, 1}));
  EXPECT_EQ(data.y_test.shape(), (Shape{10000}));
}

}  // namespace
}  // namespace minnow
