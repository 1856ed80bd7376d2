#pragma once

#include <string>

#include "../core/tensor.h"

namespace minnow {

/// A data set with its customary division, and where it came from.
struct Dataset {
  Tensor x_train, y_train, x_test, y_test;
  std::string source;  ///< a folder, or "the embedded sample"
};

struct FashionMnistOptions {
  /// The folder of the four IDX files, plain or gzipped; empty: looked for.
  std::string folder = "";
  /// Where Debian's package dataset-fashion-mnist puts them.
  std::string system_folder = "/usr/share/datasets/fashion-mnist";
};

/// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747): 60,000 training and 10,000 test
/// images of 28 x 28 grey values, of ten kinds of clothing. x is uint8 of shape (N, 28, 28, 1), y
/// int64 of shape (N,), 0 to 9. Taken from the folder of the options; else from that of the
/// environment variable FASHION_MNIST_DIR; else from the system folder where it has any of the
/// files; else it is the embedded sample. Throws NotFound naming a file that the folder lacks,
/// DataLoss where images and labels do not go together, and the errors of read_idx.
Dataset fashion_mnist(const FashionMnistOptions& options = {});

/// A sample that is part of minnow (libminnow_sample): 2,000 training and 500 test images, as many
/// of each class. How it was drawn: data/README.md.
Dataset embedded_fashion_mnist();

}  // namespace minnow
