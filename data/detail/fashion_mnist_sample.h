#pragma once

#include <cstddef>
#include <span>

namespace minnow::detail {

/// The four gzipped IDX files of the sample, as they stand in data/fashion_mnist_sample.
struct FashionMnistSample {
  std::span<const std::byte> train_images, train_labels, test_images, test_labels;
};
FashionMnistSample fashion_mnist_sample();

}  // namespace minnow::detail
