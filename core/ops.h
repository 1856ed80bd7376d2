#pragma once

#include <optional>

#include "tensor.h"

namespace minnow {

// Elementwise arithmetic with numpy's broadcasting. Both sides must have the same dtype (float32,
// float64, int32 or int64), else InvalidArgument with the hint astype(...); a plain number takes
// the tensor's dtype, and InvalidArgument where an integer dtype cannot hold it.
// The result has the dtype of both sides. Integers wrap around on overflow; their division rounds
// towards zero, as in C++ (and unlike Python), and throws InvalidArgument on a zero divisor.
Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);
Tensor operator+(const Tensor& a, double b);
Tensor operator-(const Tensor& a, double b);
Tensor operator*(const Tensor& a, double b);
Tensor operator/(const Tensor& a, double b);
Tensor operator+(double a, const Tensor& b);
Tensor operator-(double a, const Tensor& b);
Tensor operator*(double a, const Tensor& b);
Tensor operator/(double a, const Tensor& b);
Tensor operator-(const Tensor& a);

/// Which axis to reduce (negative counts from the end; none: all elements), and whether it stays
/// as an axis of size 1.
struct ReduceOptions {
  std::optional<int> axis = std::nullopt;
  bool keepdims = false;
};

/// Sums are taken in double, in the order of the elements. float32 gives float32, float64 and
/// integers give float64 for mean and stddev; sum gives int64 for integers and bool (summed
/// exactly, wrapping around on overflow). Reducing no elements, that is over an axis of size 0,
/// throws InvalidArgument for all but sum; so does an axis out of range.
Tensor sum(const Tensor& x, ReduceOptions options = {});
Tensor mean(const Tensor& x, ReduceOptions options = {});
/// Population standard deviation (divides by n), as numpy's std.
Tensor stddev(const Tensor& x, ReduceOptions options = {});
/// The dtype stays. A NaN among the elements is the answer, as in numpy.
Tensor min(const Tensor& x, ReduceOptions options = {});
Tensor max(const Tensor& x, ReduceOptions options = {});
/// Position of the (first) largest element, int64. A NaN counts as the largest, as in numpy.
Tensor argmax(const Tensor& x, ReduceOptions options = {});

}  // namespace minnow
