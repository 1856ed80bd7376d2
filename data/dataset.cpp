#include "data/dataset.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "core/error.h"
#include "data/detail/fashion_mnist_sample.h"
#include "data/idx.h"

namespace minnow {
namespace {

constexpr const char* in_fashion_mnist = "fashion_mnist";
constexpr std::int64_t side = 28, classes = 10;

constexpr std::array<std::string_view, 4> file_names = {
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte"};

/// An array and what to call it in messages.
struct Part {
  Tensor values;
  std::string name;
};

/// The file of that name in the folder, gzipped or not; empty where there is neither.
std::string find_file(const std::string& folder, std::string_view name) {
  std::error_code ignored;
  for (const char* suffix : {".gz", ""}) {
    const auto path = std::filesystem::path(folder) / fmt::format("{}{}", name, suffix);
    if (std::filesystem::exists(path, ignored)) return path.string();
  }
  return {};
}

Tensor checked_images(const Part& images) {
  const Shape& shape = images.values.shape();
  if (images.values.dtype() != DType::uint8 || shape.rank() != 3 || shape[1] != side ||
      shape[2] != side) {
    throw DataLoss(in_fashion_mnist,
                   fmt::format("{}: expected uint8 images of shape (N, 28, 28), got {} {}.",
                               images.name, name(images.values.dtype()), shape.str()));
  }
  return images.values.reshape({-1, side, side, 1});
}

Tensor checked_labels(const Part& labels, const Part& images) {
  const Shape& shape = labels.values.shape();
  if (labels.values.dtype() != DType::uint8 || shape.rank() != 1) {
    throw DataLoss(in_fashion_mnist,
                   fmt::format("{}: expected uint8 labels of shape (N,), got {} {}.", labels.name,
                               name(labels.values.dtype()), shape.str()));
  }
  if (labels.values.rows() != images.values.rows()) {
    throw DataLoss(in_fashion_mnist,
                   fmt::format("{}: expected {} labels, as {} has images, got {}.", labels.name,
                               images.values.rows(), images.name, labels.values.rows()));
  }
  const auto values = labels.values.values<std::uint8_t>();
  const auto bad = std::find_if(values.begin(), values.end(), [](int v) { return v >= classes; });
  if (bad != values.end()) {
    throw DataLoss(in_fashion_mnist, fmt::format("{}: expected labels of 0 to 9, got {} in row {}.",
                                                 labels.name, *bad, bad - values.begin()));
  }
  return labels.values.astype(DType::int64);
}

/// `read(i)` gives the part with the name file_names[i].
template <class Read>
Dataset assemble(Read read, std::string source) {
  Dataset data;
  data.source = std::move(source);
  const auto half = [&](std::size_t first, Tensor* x, Tensor* y) {
    const Part images = read(first), labels = read(first + 1);
    *x = checked_images(images);
    *y = checked_labels(labels, images);
  };
  half(0, &data.x_train, &data.y_train);
  half(2, &data.x_test, &data.y_test);
  return data;
}

Dataset from_folder(const std::string& folder) {
  std::array<std::string, 4> paths;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    paths[i] = find_file(folder, file_names[i]);
    if (paths[i].empty()) {
      throw NotFound(in_fashion_mnist,
                     fmt::format("{}: there is no file {}.gz.", folder, file_names[i]));
    }
  }
  return assemble([&](std::size_t i) { return Part{read_idx(paths[i]), paths[i]}; }, folder);
}

}  // namespace

Dataset fashion_mnist(const FashionMnistOptions& options) {
  if (!options.folder.empty()) return from_folder(options.folder);
  const char* environment = std::getenv("FASHION_MNIST_DIR");  // NOLINT(concurrency-mt-unsafe)
  if (environment != nullptr && *environment != '\0') return from_folder(environment);
  const std::string& system = options.system_folder;
  const bool installed = std::any_of(file_names.begin(), file_names.end(), [&](auto file_name) {
    return !find_file(system, file_name).empty();
  });
  return installed ? from_folder(system) : embedded_fashion_mnist();
}

Dataset embedded_fashion_mnist() {
  const detail::FashionMnistSample sample = detail::fashion_mnist_sample();
  const std::array parts = {sample.train_images, sample.train_labels, sample.test_images,
                            sample.test_labels};
  return assemble(
      [&](std::size_t i) {
        std::string label = fmt::format("embedded {}", file_names[i]);
        return Part{parse_idx(parts[i], label), label};
      },
      "the embedded sample");
}

}  // namespace minnow
