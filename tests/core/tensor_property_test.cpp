// Properties of tensors, held against naive oracles on random shapes and values.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/ops.h"
#include "core/random.h"
#include "core/tensor.h"

namespace minnow {
namespace {

using Dims = std::vector<std::int64_t>;

Dims random_dims(int least_rank, int most_rank, std::int64_t least_size = 0) {
  const auto rank = *rc::gen::inRange(least_rank, most_rank + 1);
  return *rc::gen::container<Dims>(static_cast<std::size_t>(rank),
                                   rc::gen::inRange<std::int64_t>(least_size, 5));
}

// Small whole numbers: arithmetic on them is exact in every dtype.
Tensor random_tensor(const Shape& shape, DType dtype = DType::int64) {
  Rng rng(*rc::gen::arbitrary<std::uint64_t>());
  return randint(-9, 10, shape, rng).astype(dtype);
}

// Row-major position <-> index on every axis.
Dims index_of(std::int64_t position, const Shape& shape) {
  Dims index(static_cast<std::size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[static_cast<std::size_t>(axis)] = position % shape[axis];
    position /= shape[axis];
  }
  return index;
}

std::int64_t position_of(const Dims& index, const Shape& shape) {
  std::int64_t position = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    position = position * shape[axis] + index[static_cast<std::size_t>(axis)];
  }
  return position;
}

// The element of x that meets the result's `index` when x is broadcast.
double broadcast_at(const Tensor& x, const Dims& index) {
  Dims own(index.end() - x.rank(), index.end());
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (x.shape()[axis] == 1) own[static_cast<std::size_t>(axis)] = 0;
  }
  return x.values<double>()[static_cast<std::size_t>(position_of(own, x.shape()))];
}

// A shape that broadcasts to `full`: some leading axes left out, some others 1.
Dims broadcastable(const Dims& full) {
  const auto dropped = *rc::gen::inRange<std::size_t>(0, full.size() + 1);
  Dims dims(full.begin() + static_cast<std::ptrdiff_t>(dropped), full.end());
  for (auto& d : dims) {
    if (*rc::gen::arbitrary<bool>()) d = 1;
  }
  return dims;
}

RC_GTEST_PROP(TensorProperty, BroadcastingMeetsTheIndexOracle, ()) {
  const Dims full = random_dims(0, 5);
  const Tensor a = random_tensor(Shape(broadcastable(full)), DType::float64);
  const Tensor b = random_tensor(Shape(broadcastable(full)), DType::float64) * 2 + 1;  // never 0
  const Tensor sum = a + b, difference = a - b, product = a * b, quotient = a / b;
  for (int axis = 1; axis <= sum.rank(); ++axis) {
    const auto size = [&](const Tensor& x) {
      return axis > x.rank() ? 1 : x.shape()[x.rank() - axis];
    };
    RC_ASSERT(size(sum) == (size(a) == 1 ? size(b) : size(a)));
  }
  for (std::int64_t i = 0; i < sum.numel(); ++i) {
    const Dims index = index_of(i, sum.shape());
    const double x = broadcast_at(a, index), y = broadcast_at(b, index);
    const auto at = static_cast<std::size_t>(i);
    RC_ASSERT(sum.values<double>()[at] == x + y);
    RC_ASSERT(difference.values<double>()[at] == x - y);
    RC_ASSERT(product.values<double>()[at] == x * y);
    RC_ASSERT(quotient.values<double>()[at] == x / y);
  }
}

RC_GTEST_PROP(TensorProperty, IntegersAndFloatsAgree, ()) {
  const Dims full = random_dims(0, 4);
  const Tensor a = random_tensor(Shape(broadcastable(full)));
  const Tensor b = random_tensor(Shape(broadcastable(full)));
  for (const DType d : {DType::float32, DType::float64, DType::int32}) {
    const Tensor converted = a.astype(d) * b.astype(d) - a.astype(d);
    const Tensor back = converted.astype(DType::int64);  // where 0 has no sign
    RC_ASSERT(converted.dtype() == d);
    RC_ASSERT(same_bits(back, a * b - a));
  }
}

RC_GTEST_PROP(TensorProperty, ReshapeRoundTrips, ()) {
  const Shape shape(random_dims(0, 5));
  const Tensor x = random_tensor(shape);
  const Tensor flat = x.reshape({x.numel()});
  RC_ASSERT(std::ranges::equal(flat.values<std::int64_t>(), x.values<std::int64_t>()));
  RC_ASSERT(same_bits(flat.reshape(shape), x));
  if (x.numel() > 0) {
    RC_ASSERT(same_bits(x.reshape({-1}), flat));
    Dims open(shape.begin(), shape.end());
    if (!open.empty()) open[*rc::gen::inRange<std::size_t>(0, open.size())] = -1;
    RC_ASSERT(same_bits(flat.reshape(open), x));
  }
}

RC_GTEST_PROP(TensorProperty, SlicesAndTakenRowsAgree, ()) {
  const Shape shape(random_dims(1, 4));
  const Tensor x = random_tensor(shape);
  const auto begin = *rc::gen::inRange<std::int64_t>(0, x.rows() + 1);
  const auto end = *rc::gen::inRange<std::int64_t>(begin, x.rows() + 1);
  Dims rows;
  for (std::int64_t r = begin; r < end; ++r) rows.push_back(r);
  Tensor slice = x.slice_rows(begin, end);
  RC_ASSERT(same_bits(slice, x.take_rows(rows)));
  // Writing to the slice leaves the whole alone.
  const Tensor copy = x * 1;
  std::ranges::fill(slice.mutable_values<std::int64_t>(), 77);
  RC_ASSERT(same_bits(x, copy));
}

RC_GTEST_PROP(TensorProperty, ReductionsMeetNaiveDoubleSums, ()) {
  const Shape shape(random_dims(1, 4, 1));
  Rng rng(*rc::gen::arbitrary<std::uint64_t>());
  const Tensor x = normal(shape, rng, 3, 2);
  const int axis = *rc::gen::inRange(-shape.rank(), shape.rank());
  const auto reduced = static_cast<std::size_t>(axis < 0 ? axis + shape.rank() : axis);
  const ReduceOptions options{.axis = axis, .keepdims = true};
  const Tensor sums = sum(x, options), means = mean(x, options), deviations = stddev(x, options);
  const Tensor least = min(x, options), most = max(x, options), where = argmax(x, options);
  const double n = static_cast<double>(shape[static_cast<int>(reduced)]);
  for (std::int64_t i = 0; i < sums.numel(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    std::vector<float> line;
    for (std::int64_t k = 0; k < shape[static_cast<int>(reduced)]; ++k) {
      Dims index = index_of(i, sums.shape());
      index[reduced] = k;
      line.push_back(x.values<float>()[static_cast<std::size_t>(position_of(index, shape))]);
    }
    double total = 0, squares = 0;
    for (const float v : line) total += v;
    for (const float v : line) squares += (v - total / n) * (v - total / n);
    RC_ASSERT(sums.values<float>()[at] == static_cast<float>(total));
    RC_ASSERT(means.values<float>()[at] == static_cast<float>(total / n));
    RC_ASSERT(deviations.values<float>()[at] == static_cast<float>(std::sqrt(squares / n)));
    RC_ASSERT(least.values<float>()[at] == *std::ranges::min_element(line));
    RC_ASSERT(most.values<float>()[at] == *std::ranges::max_element(line));
    RC_ASSERT(where.values<std::int64_t>()[at] == std::ranges::max_element(line) - line.begin());
  }
}

RC_GTEST_PROP(TensorProperty, PrintingNeverFails, ()) {
  const Shape shape(random_dims(0, 5));
  const auto values = *rc::gen::container<std::vector<float>>(
      static_cast<std::size_t>(shape.numel()), rc::gen::arbitrary<float>());
  const Tensor x = Tensor::from(values, shape);
  const std::string text = x.str();
  RC_ASSERT(std::ranges::count(text, '[') == std::ranges::count(text, ']'));
  RC_ASSERT(text.ends_with(" shape " + shape.str() + ", dtype float32"));
}

}  // namespace
}  // namespace minnow
