#pragma once

#include <cstdint>

#include "../core/tensor.h"

namespace minnow {

/// How split_rows divides.
struct SplitOptions {
  double test_fraction = 0.25;  ///< of the rows, rounded up; more than 0 and less than 1
  bool shuffle = true;          ///< else the last rows are for the test
  std::uint64_t seed = 0;
};

/// Rows to train on and rows to test with.
struct Split {
  Tensor x_train, y_train, x_test, y_test;
};

/// Divides the rows of x (N, ...) and y (N, ...), which stay together. The same seed gives the same
/// split. Without a shuffle the parts share the storage of x and y. Throws InvalidArgument where x
/// and y differ in rows, a part would have none, or the fraction is out of range.
Split split_rows(const Tensor& x, const Tensor& y, const SplitOptions& options = {});

}  // namespace minnow
