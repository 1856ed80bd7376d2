#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/ops.h"

namespace minnow {
namespace {

// A tensor seen as (outer, count, inner): `count` elements, `inner` apart, make one result.
struct Reduction {
  std::int64_t outer = 1, count = 1, inner = 1;
  Shape result;
};

Reduction plan(const Shape& shape, ReduceOptions options, const char* where) {
  const int rank = shape.rank();
  int axis = options.axis.value_or(0);
  if (options.axis && (axis < -rank || axis >= rank)) {
    throw InvalidArgument({where, "axis",
                           rank == 0
                               ? "no axis for a scalar"
                               : fmt::format("{} to {} for shape {}", -rank, rank - 1, shape.str()),
                           fmt::format("{}", axis), ""});
  }
  if (axis < 0) axis += rank;
  Reduction r;
  if (!options.axis) r.count = shape.numel();
  std::array<std::int64_t, Shape::max_rank> dims{};
  std::size_t kept = 0;
  for (int i = 0; i < rank; ++i) {
    const bool reduced = !options.axis || i == axis;
    if (options.axis) {
      std::int64_t& size = i < axis ? r.outer : i == axis ? r.count : r.inner;
      multiply_overflows(size, shape[i], &size);  // only where another size is 0
    }
    if (!reduced || options.keepdims) dims[kept++] = reduced ? 1 : shape[i];
  }
  r.result = Shape(std::span<const std::int64_t>(dims.data(), kept));
  return r;
}

Reduction plan_not_empty(const Shape& shape, ReduceOptions options, const char* where) {
  Reduction r = plan(shape, options, where);
  if (r.count == 0) {
    throw InvalidArgument(
        {where, "x", "at least one element to reduce", fmt::format("shape {}", shape.str()), ""});
  }
  return r;
}

// state[j] = step(state[j], element, position) along `count`, in the order of the elements, then
// finish(j, state[j]) into the result.
template <class T, class State, class Step, class Finish>
void fold(const Reduction& r, const T* x, State first, Step step, Finish finish) {
  if (r.result.numel() == 0) return;
  const auto inner = static_cast<std::size_t>(r.inner);
  const auto states = std::make_unique<State[]>(inner);  // a vector of bool has no elements
  std::int64_t next = 0;
  for (std::int64_t o = 0; o < r.outer; ++o) {
    std::fill_n(states.get(), inner, first);
    if (inner == 1) {  // in a register: through memory it takes twice the time
      State state = first;
      for (std::int64_t k = 0; k < r.count; ++k) state = step(state, *x++, k);
      states[0] = state;
    } else {
      for (std::int64_t k = 0; k < r.count; ++k) {
        for (std::size_t i = 0; i < inner; ++i) states[i] = step(states[i], *x++, k);
      }
    }
    for (std::size_t i = 0; i < inner; ++i) finish(next++, states[i]);
  }
}

// The two floating types keep their own, the others' moments are float64.
DType moment_dtype(DType dtype) {
  return dtype == DType::float32 ? DType::float32 : DType::float64;
}

template <class T>
std::vector<double> means(const Reduction& r, const T* x) {
  std::vector<double> result(static_cast<std::size_t>(r.result.numel()));
  fold(
      r, x, 0.0, [](double sum, T v, std::int64_t) { return sum + static_cast<double>(v); },
      [&](std::int64_t i, double sum) {
        result[static_cast<std::size_t>(i)] = sum / static_cast<double>(r.count);
      });
  return result;
}

Tensor from_doubles(const std::vector<double>& values, const Shape& shape, DType dtype) {
  return Tensor::from(values, shape).astype(dtype);
}

template <class T>
bool is_nan([[maybe_unused]] T v) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(v);
  return false;
}

// The element that `better` puts before all others, the first such; a NaN stays once it is there.
template <class Better>
Tensor extreme(const Tensor& x, ReduceOptions options, const char* where, Better better) {
  const Reduction r = plan_not_empty(x.shape(), options, where);
  Tensor result(r.result, x.dtype());
  visit_dtype(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* out = result.mutable_values<T>().data();
    fold(
        r, x.values<T>().data(), T{},
        [&](T best, T v, std::int64_t k) {
          return k == 0 || (!is_nan(best) && (is_nan(v) || better(v, best))) ? v : best;
        },
        [&](std::int64_t i, T best) { out[i] = best; });
  });
  return result;
}

}  // namespace

Tensor sum(const Tensor& x, ReduceOptions options) {
  const Reduction r = plan(x.shape(), options, "sum");
  Tensor result(r.result, is_floating(x.dtype()) ? x.dtype() : DType::int64);
  visit_dtype(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.values<T>().data();
    if constexpr (std::is_floating_point_v<T>) {
      T* out = result.mutable_values<T>().data();
      fold(
          r, from, 0.0, [](double sum, T v, std::int64_t) { return sum + static_cast<double>(v); },
          [&](std::int64_t i, double sum) { out[i] = static_cast<T>(sum); });
    } else {
      auto* out = result.mutable_values<std::int64_t>().data();
      fold(  // unsigned: overflow wraps around
          r, from, std::uint64_t{0},
          [](std::uint64_t sum, T v, std::int64_t) { return sum + static_cast<std::uint64_t>(v); },
          [&](std::int64_t i, std::uint64_t sum) { out[i] = static_cast<std::int64_t>(sum); });
    }
  });
  return result;
}

Tensor mean(const Tensor& x, ReduceOptions options) {
  const Reduction r = plan_not_empty(x.shape(), options, "mean");
  return visit_dtype(x.dtype(), [&](auto zero) {
    const auto result = means(r, x.values<decltype(zero)>().data());
    return from_doubles(result, r.result, moment_dtype(x.dtype()));
  });
}

Tensor stddev(const Tensor& x, ReduceOptions options) {
  const Reduction r = plan_not_empty(x.shape(), options, "stddev");
  return visit_dtype(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.values<T>().data();
    // Two passes: the sum of squares less the squared mean would cancel.
    std::vector<double> result = means(r, from);
    if (result.empty()) return from_doubles(result, r.result, moment_dtype(x.dtype()));
    std::vector<double> squares(static_cast<std::size_t>(r.inner));
    for (std::int64_t o = 0; o < r.outer; ++o) {
      double* mean = result.data() + o * r.inner;
      std::fill(squares.begin(), squares.end(), 0.0);
      for (std::int64_t k = 0; k < r.count; ++k) {
        for (std::size_t i = 0; i < squares.size(); ++i) {
          const double deviation = static_cast<double>(*from++) - mean[i];
          squares[i] += deviation * deviation;
        }
      }
      for (std::size_t i = 0; i < squares.size(); ++i) {
        mean[i] = std::sqrt(squares[i] / static_cast<double>(r.count));
      }
    }
    return from_doubles(result, r.result, moment_dtype(x.dtype()));
  });
}

Tensor min(const Tensor& x, ReduceOptions options) {
  return extreme(x, options, "min", [](auto a, auto b) { return a < b; });
}

Tensor max(const Tensor& x, ReduceOptions options) {
  return extreme(x, options, "max", [](auto a, auto b) { return a > b; });
}

Tensor argmax(const Tensor& x, ReduceOptions options) {
  const Reduction r = plan_not_empty(x.shape(), options, "argmax");
  Tensor result(r.result, DType::int64);
  auto* out = result.mutable_values<std::int64_t>().data();
  visit_dtype(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    struct Best {
      T value;
      std::int64_t at;
    };
    fold(
        r, x.values<T>().data(), Best{},
        [](Best best, T v, std::int64_t k) {
          const bool better = !is_nan(best.value) && (is_nan(v) || v > best.value);
          return k == 0 || better ? Best{v, k} : best;
        },
        [&](std::int64_t i, Best best) { out[i] = best.at; });
  });
  return result;
}

}  // namespace minnow
