#include "core/kernels/normalization.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/layer_norm.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#include "core/kernels/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

template <int rows>
HWY_NOINLINE void layer_norm_some(const RowNorm& norm, const float* HWY_RESTRICT x,
                                  float* HWY_RESTRICT y, float* HWY_RESTRICT saved) {
  const std::int64_t n = norm.cols;
  const auto size = static_cast<float>(n);
  const Floats zero = all(0);
  // Distances from the row's first number, and the mean of those: where the numbers are close to
  // one another and far from 0, nothing is lost in a sum of large numbers.
  const auto distance = [&](auto i, std::int64_t at, auto count) HWY_ATTR {
    const Floats first = all(x[i * n]);
    return hn::Sub(load(x + i * n + at, count, first), first);
  };
  float mean[4], inverse[4];
  sums_of<rows>(n, mean, [&](auto& part, auto v, std::int64_t at, auto count) HWY_ATTR {
    unrolled<rows>([&](auto i)
                       HWY_ATTR { part[i][v] = hn::Add(part[i][v], distance(i, at, count)); });
  });
  for (float& m : mean) m /= size;
  sums_of<rows>(n, inverse, [&](auto& part, auto v, std::int64_t at, auto count) HWY_ATTR {
    unrolled<rows>([&](auto i) HWY_ATTR {
      const Floats apart = among(hn::Sub(distance(i, at, count), all(mean[i])), count);
      part[i][v] = hn::MulAdd(apart, apart, part[i][v]);
    });
  });
  const double share = 1 / static_cast<double>(n);
  for (float& v : inverse) {
    const double variance = static_cast<double>(v) * share;
    v = static_cast<float>(1 / std::sqrt(variance + static_cast<double>(norm.epsilon)));
  }
  for_registers(n, [&](auto, std::int64_t at, auto count) HWY_ATTR {
    const Floats gamma = norm.gamma != nullptr ? load(norm.gamma + at, count, zero) : all(1);
    const Floats beta = norm.beta != nullptr ? load(norm.beta + at, count, zero) : zero;
    unrolled<rows>([&](auto i) HWY_ATTR {
      const Floats apart = hn::Sub(distance(i, at, count), all(mean[i]));
      store(hn::MulAdd(hn::Mul(apart, all(inverse[i])), gamma, beta), y + i * n + at, count);
    });
  });
  for (int i = 0; i < rows && saved != nullptr; ++i) {
    saved[2 * i] = x[i * n] + mean[i];
    saved[2 * i + 1] = inverse[i];
  }
}

template <int rows>
HWY_NOINLINE void layer_norm_some_backward(const RowNorm& norm, const float* HWY_RESTRICT x,
                                           const float* HWY_RESTRICT dy,
                                           const float* HWY_RESTRICT saved, float* HWY_RESTRICT dx,
                                           float* HWY_RESTRICT dgamma, float* HWY_RESTRICT dbeta) {
  const std::int64_t n = norm.cols;
  const auto size = static_cast<float>(n);
  const Floats zero = all(0);
  const auto scale = [&](std::int64_t at, auto count) HWY_ATTR {
    return norm.gamma != nullptr ? load(norm.gamma + at, count, zero) : all(1);
  };
  // x brought to mean 0 and variance 1.
  const auto normal = [&](auto i, std::int64_t at, auto count) HWY_ATTR {
    const Floats apart = hn::Sub(load(x + i * n + at, count, zero), all(saved[2 * i]));
    return hn::Mul(apart, all(saved[2 * i + 1]));
  };
  float mean[4];  // for each row of dy gamma, and of that times the normal x
  sums_of<2 * rows>(n, mean, [&](auto& part, auto v, std::int64_t at, auto count) HWY_ATTR {
    const Floats gamma = scale(at, count);
    Floats products = dgamma != nullptr ? load(dgamma + at, count, zero) : zero;
    Floats deltas = dbeta != nullptr ? load(dbeta + at, count, zero) : zero;
    unrolled<rows>([&](auto i) HWY_ATTR {
      const Floats d = load(dy + i * n + at, count, zero), z = normal(i, at, count);
      const Floats scaled = hn::Mul(d, gamma);
      products = hn::MulAdd(d, z, products);
      deltas = hn::Add(deltas, d);
      part[2 * i][v] = hn::Add(part[2 * i][v], scaled);
      part[2 * i + 1][v] = hn::MulAdd(scaled, z, part[2 * i + 1][v]);
    });
    if (dgamma != nullptr) store(products, dgamma + at, count);
    if (dbeta != nullptr) store(deltas, dbeta + at, count);
  });
  if (dx == nullptr) return;
  for (float& m : mean) m /= size;
  for_registers(n, [&](auto, std::int64_t at, auto count) HWY_ATTR {
    const Floats gamma = scale(at, count);
    unrolled<rows>([&](auto i) HWY_ATTR {
      const Floats scaled = hn::Mul(load(dy + i * n + at, count, zero), gamma);
      const Floats apart = hn::Sub(scaled, all(mean[2 * i]));
      const Floats rest = hn::NegMulAdd(normal(i, at, count), all(mean[2 * i + 1]), apart);
      store(hn::Mul(all(saved[2 * i + 1]), rest), dx + i * n + at, count);
    });
  });
}

}  // namespace

void layer_norm_rows(const RowNorm& norm, Span rows, const float* x, float* y, float* saved) {
  for_rows<some_rows>(rows.begin, rows.end, [&](auto count, std::int64_t i) HWY_ATTR {
    layer_norm_some<count>(norm, x + i * norm.cols, y + i * norm.cols,
                           saved != nullptr ? saved + 2 * i : nullptr);
  });
}

void layer_norm_rows_backward(const RowNorm& norm, Span rows, const float* x, const float* dy,
                              const float* saved, float* dx, float* dgamma, float* dbeta) {
  for_rows<std::min(some_rows, 2)>(rows.begin, rows.end, [&](auto count, std::int64_t i) HWY_ATTR {
    layer_norm_some_backward<count>(norm, x + i * norm.cols, dy + i * norm.cols, saved + 2 * i,
                                    dx != nullptr ? dx + i * norm.cols : nullptr, dgamma, dbeta);
  });
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(layer_norm_rows);
HWY_EXPORT(layer_norm_rows_backward);

void layer_norm_forward(const Workers& workers, const RowNorm& norm, const float* x, float* y,
                        float* saved) {
  if (norm.cols == 0) return;
  workers.for_range(norm.rows, 10 + 0.4 * static_cast<double>(norm.cols),
                    [&](std::int64_t begin, std::int64_t end) {
                      HWY_DYNAMIC_DISPATCH(layer_norm_rows)(norm, {begin, end}, x, y, saved);
                    });
}

void layer_norm_backward(const Workers& workers, const RowNorm& norm, const float* x,
                         const float* dy, const float* saved, const NormGradients& to,
                         float* scratch) {
  constexpr std::int64_t least_rows = 64;  // of a piece
  const std::int64_t n = norm.cols;
  const std::int64_t pieces =
      std::clamp<std::int64_t>(norm.rows / least_rows, 1, layer_norm_pieces);
  std::fill_n(scratch, 2 * n * pieces, 0.0F);
  const double work = 10 + 0.8 * static_cast<double>(n);
  workers.for_each(pieces, work * static_cast<double>(norm.rows / pieces), [&](std::int64_t p) {
    float* sums = scratch + 2 * n * p;
    HWY_DYNAMIC_DISPATCH(layer_norm_rows_backward)
    (norm, split(norm.rows, pieces, p), x, dy, saved, to.dx, to.dgamma != nullptr ? sums : nullptr,
     to.dbeta != nullptr ? sums + n : nullptr);
  });
  for (int which : {0, 1}) {
    float* out = which == 0 ? to.dgamma : to.dbeta;
    if (out == nullptr) continue;
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t p = 0; p < pieces; ++p) sum += scratch[2 * n * p + which * n + j];
      out[j] = static_cast<float>(sum) + (to.accumulate ? out[j] : 0.0F);
    }
  }
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
