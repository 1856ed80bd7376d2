#include "core/ops.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <type_traits>

#include "core/convert.h"
#include "core/error.h"

namespace minnow {
namespace {

// Signed overflow is undefined; the same arithmetic on unsigned numbers wraps around.
template <class T>
T wrapping(auto op, T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    return static_cast<T>(op(static_cast<U>(a), static_cast<U>(b)));
  } else {
    return op(a, b);
  }
}

struct Add {
  static constexpr const char* where = "operator+";
  template <class T>
  T operator()(T a, T b) const {
    return wrapping(std::plus<>{}, a, b);
  }
};

struct Subtract {
  static constexpr const char* where = "operator-";
  template <class T>
  T operator()(T a, T b) const {
    return wrapping(std::minus<>{}, a, b);
  }
};

struct Multiply {
  static constexpr const char* where = "operator*";
  template <class T>
  T operator()(T a, T b) const {
    return wrapping(std::multiplies<>{}, a, b);
  }
};

struct Divide {
  static constexpr const char* where = "operator/";
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      // The smallest integer over -1 overflows; the negation wraps around to itself.
      if (b == -1) return wrapping(std::minus<>{}, T{0}, a);
    }
    return a / b;
  }
};

void require_arithmetic(const Tensor& x, const char* where) {
  if (x.dtype() != DType::uint8 && x.dtype() != DType::boolean) return;
  throw InvalidArgument({where, "dtype", "float32, float64, int32 or int64", name(x.dtype()),
                         "Convert with astype(float32) or astype(int64)."});
}

// Calls f with a zero of the element type; only for dtypes that arithmetic is defined on.
template <class F>
void visit_arithmetic(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float64:
      return f(double{});
    case DType::int32:
      return f(std::int32_t{});
    case DType::int64:
      return f(std::int64_t{});
    default:
      return f(float{});
  }
}

Shape broadcast(const Shape& a, const Shape& b, const char* where) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<std::int64_t, Shape::max_rank> dims{};
  for (int back = 1; back <= rank; ++back) {
    const std::int64_t m = back > a.rank() ? 1 : a[a.rank() - back];
    const std::int64_t n = back > b.rank() ? 1 : b[b.rank() - back];
    if (m != n && m != 1 && n != 1) {
      throw InvalidArgument({where, "shapes", "shapes that broadcast",
                             fmt::format("{} and {}", a.str(), b.str()),
                             fmt::format("Axis {} has {} and {} elements: the sizes must be equal, "
                                         "or one of them 1.",
                                         -back, m, n)});
    }
    dims[static_cast<unsigned>(rank - back)] = m == 1 ? n : m;
  }
  return Shape(std::span<const std::int64_t>(dims.data(), static_cast<std::size_t>(rank)));
}

using Strides = std::array<std::int64_t, Shape::max_rank>;

// How far a step along each axis of `out` moves in `x`: nowhere along axes that x repeats.
Strides broadcast_strides(const Shape& x, const Shape& out) {
  Strides strides{};
  std::int64_t step = 1;
  for (int axis = x.rank() - 1; axis >= 0; --axis) {
    const auto at = static_cast<unsigned>(axis + out.rank() - x.rank());
    strides[at] = x[axis] == 1 ? 0 : step;
    step *= x[axis];
  }
  return strides;
}

// One run along the innermost axis; the strides are 0 or 1, spelled out so that loops vectorise.
template <class T, class Op>
void run_inner(const T* a, std::int64_t a_step, const T* b, std::int64_t b_step, T* out,
               std::int64_t n, Op op) {
  if (a_step == 1 && b_step == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = op(a[i], b[i]);
  } else if (a_step == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = op(a[i], *b);
  } else if (b_step == 1) {
    for (std::int64_t i = 0; i < n; ++i) out[i] = op(*a, b[i]);
  } else {
    std::fill_n(out, n, op(*a, *b));
  }
}

template <class T, class Op>
void run(const Tensor& a, const Tensor& b, Tensor& result, Op op) {
  const T* pa = a.values<T>().data();
  const T* pb = b.values<T>().data();
  T* out = result.mutable_values<T>().data();
  const Shape& shape = result.shape();
  const std::int64_t n = result.numel();
  const auto is_flat = [n](const Tensor& x) { return x.numel() == n || x.numel() == 1; };
  if (is_flat(a) && is_flat(b)) {
    return run_inner(pa, a.numel() == 1 ? 0 : 1, pb, b.numel() == 1 ? 0 : 1, out, n, op);
  }
  const Strides sa = broadcast_strides(a.shape(), shape);
  const Strides sb = broadcast_strides(b.shape(), shape);
  const int last = shape.rank() - 1;
  const auto inner = static_cast<unsigned>(last);
  Strides index{};
  for (std::int64_t done = 0; done < n; done += shape[last]) {
    run_inner(pa, sa[inner], pb, sb[inner], out + done, shape[last], op);
    for (int axis = last - 1; axis >= 0; --axis) {  // the next index, as an odometer turns
      const auto k = static_cast<unsigned>(axis);
      pa += sa[k];
      pb += sb[k];
      if (++index[k] < shape[axis]) break;
      pa -= sa[k] * shape[axis];
      pb -= sb[k] * shape[axis];
      index[k] = 0;
    }
  }
}

template <class T>
void require_no_zeros(const Tensor& divisors) {
  if constexpr (std::is_integral_v<T>) {
    const auto values = divisors.values<T>();
    const auto zero = std::ranges::find(values, T{0});
    if (zero == values.end()) return;
    throw InvalidArgument({Divide::where, "b",
                           fmt::format("no zero among {} divisors", name(divisors.dtype())),
                           fmt::format("0 at position {}", zero - values.begin()),
                           "Convert with astype(float32) for infinities."});
  }
}

template <class Op>
Tensor binary(const Tensor& a, const Tensor& b, Op op) {
  require_arithmetic(a, Op::where);
  require_arithmetic(b, Op::where);
  if (a.dtype() != b.dtype()) {
    throw InvalidArgument({Op::where, "b", fmt::format("dtype {} as on the left", name(a.dtype())),
                           name(b.dtype()),
                           fmt::format("Convert with astype({}).", name(a.dtype()))});
  }
  Tensor result(broadcast(a.shape(), b.shape(), Op::where), a.dtype());
  if (result.numel() == 0) return result;
  visit_arithmetic(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<Op, Divide>) require_no_zeros<T>(b);
    run<T>(a, b, result, op);
  });
  return result;
}

// A plain number as a scalar tensor of x's dtype.
Tensor number_like(const Tensor& x, double value, const char* where) {
  require_arithmetic(x, where);
  Tensor result(Shape{}, x.dtype());
  visit_arithmetic(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if (!holds<T>(value)) {
      throw InvalidArgument({where, "number", fmt::format("one that {} holds", name(x.dtype())),
                             fmt::format("{}", value), "Convert with astype(float32)."});
    }
    result.mutable_values<T>()[0] = convert<T>(value);
  });
  return result;
}

template <class Op>
Tensor binary(const Tensor& a, double b, Op op) {
  return binary(a, number_like(a, b, Op::where), op);
}

template <class Op>
Tensor binary(double a, const Tensor& b, Op op) {
  return binary(number_like(b, a, Op::where), b, op);
}

}  // namespace

Tensor operator+(const Tensor& a, const Tensor& b) { return binary(a, b, Add{}); }
Tensor operator-(const Tensor& a, const Tensor& b) { return binary(a, b, Subtract{}); }
Tensor operator*(const Tensor& a, const Tensor& b) { return binary(a, b, Multiply{}); }
Tensor operator/(const Tensor& a, const Tensor& b) { return binary(a, b, Divide{}); }
Tensor operator+(const Tensor& a, double b) { return binary(a, b, Add{}); }
Tensor operator-(const Tensor& a, double b) { return binary(a, b, Subtract{}); }
Tensor operator*(const Tensor& a, double b) { return binary(a, b, Multiply{}); }
Tensor operator/(const Tensor& a, double b) { return binary(a, b, Divide{}); }
Tensor operator+(double a, const Tensor& b) { return binary(a, b, Add{}); }
Tensor operator-(double a, const Tensor& b) { return binary(a, b, Subtract{}); }
Tensor operator*(double a, const Tensor& b) { return binary(a, b, Multiply{}); }
Tensor operator/(double a, const Tensor& b) { return binary(a, b, Divide{}); }

Tensor operator-(const Tensor& a) {
  require_arithmetic(a, Subtract::where);
  Tensor result(a.shape(), a.dtype());
  visit_arithmetic(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto from = a.values<T>();
    std::transform(from.begin(), from.end(), result.mutable_values<T>().begin(), [](T v) {
      if constexpr (std::is_integral_v<T>)
        return Subtract{}(T{0}, v);
      else
        return -v;  // 0 - v would lose the sign of zero
    });
  });
  return result;
}

}  // namespace minnow
