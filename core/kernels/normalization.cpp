#include "core/kernels/normalization.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/normalization.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#include "core/kernels/row-inl.h"

#ifndef MINNOW_CORE_KERNELS_NORMALIZATION_CPP_
#define MINNOW_CORE_KERNELS_NORMALIZATION_CPP_
// Once, for all targets.
namespace minnow::kernels {
namespace {

constexpr std::int64_t widest = 128;   // columns at a time
constexpr std::int64_t few_rows = 64;  // added up in float before they join a sum in double

// The columns of a block, of `rows` rows each.
struct Moments {
  std::int64_t rows = 0;
  std::array<double, widest> mean{}, squares{};  // squares: of the distances from the mean
};

struct Sums {
  std::array<double, widest> dy{}, dy_x{};
};

}  // namespace
}  // namespace minnow::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

// Adds rows of x, `stride` apart, to the moments of `cols` <= widest columns. Blocks are measured
// from their own means and joined as in Chan, Golub and LeVeque, "Updating formulae and a pairwise
// algorithm for computing sample variances", 1979: nothing cancels.
void add_moments(std::int64_t rows, std::int64_t cols, std::int64_t stride,
                 const float* HWY_RESTRICT x, Moments& m) {
  for (std::int64_t begin = 0; begin < rows; begin += few_rows) {
    const std::int64_t n = std::min(few_rows, rows - begin);
    const float* HWY_RESTRICT some = x + begin * stride;
    float mean[widest], squares[widest];
    for_columns(cols, [&](auto d, auto k, std::int64_t j) HWY_ATTR {
      hn::Vec<decltype(d)> average[k], sum[k];
      unrolled<k>([&](auto v) HWY_ATTR { average[v] = hn::Zero(d); });
      for (std::int64_t i = 0; i < n; ++i) {
        const float* at = some + i * stride + j;
        unrolled<k>([&](auto v) HWY_ATTR {
          average[v] = hn::Add(average[v], hn::LoadU(d, at + v * width));
        });
      }
      unrolled<k>([&](auto v) HWY_ATTR {
        average[v] = hn::Div(average[v], hn::Set(d, static_cast<float>(n)));
        sum[v] = hn::Zero(d);
      });
      for (std::int64_t i = 0; i < n; ++i) {
        const float* at = some + i * stride + j;
        unrolled<k>([&](auto v) HWY_ATTR {
          const auto apart = hn::Sub(hn::LoadU(d, at + v * width), average[v]);
          sum[v] = hn::Add(sum[v], hn::Mul(apart, apart));
        });
      }
      unrolled<k>([&](auto v) HWY_ATTR {
        hn::StoreU(average[v], d, mean + j + v * width);
        hn::StoreU(sum[v], d, squares + j + v * width);
      });
    });
    const auto before = static_cast<double>(m.rows), now = static_cast<double>(n);
    const double part = now / (before + now), weight = before * part;
    double* HWY_RESTRICT total_mean = m.mean.data();
    double* HWY_RESTRICT total_squares = m.squares.data();
    for (std::int64_t j = 0; j < cols; ++j) {
      // The rounding of the block's mean is in all its distances and too small to matter.
      const double apart = mean[j] - total_mean[j];
      total_mean[j] += apart * part;
      total_squares[j] += squares[j] + apart * apart * weight;
    }
    m.rows += n;
  }
}

// Adds to the sums of dy and of dy (x - mean).
void add_sums(std::int64_t rows, std::int64_t cols, std::int64_t stride,
              const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
              const float* HWY_RESTRICT mean, Sums& sums) {
  for (std::int64_t begin = 0; begin < rows; begin += few_rows) {
    const std::int64_t end = std::min(rows, begin + few_rows);
    float sum[widest] = {}, product[widest] = {};
    for (std::int64_t i = begin; i < end; ++i) {
      const float *row = x + i * stride, *deltas = dy + i * stride;
      for_columns(cols, [&](auto d, auto k, std::int64_t j) HWY_ATTR {
        unrolled<k>([&](auto v) HWY_ATTR {
          const std::int64_t c = j + v * width;
          const auto delta = hn::LoadU(d, deltas + c);
          const auto apart = hn::Sub(hn::LoadU(d, row + c), hn::LoadU(d, mean + c));
          hn::StoreU(hn::Add(hn::LoadU(d, sum + c), delta), d, sum + c);
          hn::StoreU(hn::Add(hn::LoadU(d, product + c), hn::Mul(delta, apart)), d, product + c);
        });
      });
    }
    for (std::int64_t j = 0; j < cols; ++j) {
      sums.dy[static_cast<std::size_t>(j)] += sum[j];
      sums.dy_x[static_cast<std::size_t>(j)] += product[j];
    }
  }
}

// y = (x - mean) scale + shift; with dy: y = (dy - shift) scale + (x - mean) slope. The products
// are rounded before they are added, on every processor.
void normalize(std::int64_t rows, std::int64_t cols, std::int64_t stride,
               const float* HWY_RESTRICT x, const float* HWY_RESTRICT mean,
               const float* HWY_RESTRICT scale, const float* HWY_RESTRICT shift,
               float* HWY_RESTRICT y) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for_columns(cols, [&](auto d, auto k, std::int64_t j) HWY_ATTR {
      unrolled<k>([&](auto v) HWY_ATTR {
        const std::int64_t c = j + v * width, at = i * stride + c;
        const auto apart = hn::Sub(hn::LoadU(d, x + at), hn::LoadU(d, mean + c));
        const auto scaled = hn::Mul(apart, hn::LoadU(d, scale + c));
        hn::StoreU(hn::Add(scaled, hn::LoadU(d, shift + c)), d, y + at);
      });
    });
  }
}

void denormalize(std::int64_t rows, std::int64_t cols, std::int64_t stride,
                 const float* HWY_RESTRICT x, const float* HWY_RESTRICT dy,
                 const float* HWY_RESTRICT mean, const float* HWY_RESTRICT scale,
                 const float* HWY_RESTRICT shift, const float* HWY_RESTRICT slope,
                 float* HWY_RESTRICT dx) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for_columns(cols, [&](auto d, auto k, std::int64_t j) HWY_ATTR {
      unrolled<k>([&](auto v) HWY_ATTR {
        const std::int64_t c = j + v * width, at = i * stride + c;
        const auto delta = hn::Sub(hn::LoadU(d, dy + at), hn::LoadU(d, shift + c));
        const auto apart = hn::Sub(hn::LoadU(d, x + at), hn::LoadU(d, mean + c));
        hn::StoreU(hn::Add(hn::Mul(delta, hn::LoadU(d, scale + c)),
                           hn::Mul(apart, hn::LoadU(d, slope + c))),
                   d, dx + at);
      });
    });
  }
}

void scale_rows(std::int64_t rows, std::int64_t cols, std::int64_t stride,
                const float* HWY_RESTRICT dy, const float* HWY_RESTRICT scale,
                float* HWY_RESTRICT dx) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for_columns(cols, [&](auto d, auto k, std::int64_t j) HWY_ATTR {
      unrolled<k>([&](auto v) HWY_ATTR {
        const std::int64_t c = j + v * width, at = i * stride + c;
        hn::StoreU(hn::Mul(hn::LoadU(d, dy + at), hn::LoadU(d, scale + c)), d, dx + at);
      });
    });
  }
}

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
namespace {

HWY_EXPORT(add_moments);
HWY_EXPORT(add_sums);
HWY_EXPORT(normalize);
HWY_EXPORT(denormalize);
HWY_EXPORT(scale_rows);
HWY_EXPORT(layer_norm_rows);
HWY_EXPORT(layer_norm_rows_backward);

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

// How a matrix is walked: where columns are few, several rows are one, so that registers are full.
struct Fold {
  std::int64_t rows, cols;  // of the matrix
  std::int64_t fold;        // rows that are taken as one
  std::int64_t width() const { return cols * fold; }
  std::int64_t whole() const { return rows / fold; }
  std::int64_t rest() const { return rows % fold; }
};

Fold folded(std::int64_t rows, std::int64_t cols) {
  if (cols > widest / 2) return {rows, cols, 1};
  const std::int64_t even = 16 / std::gcd(cols, std::int64_t{16});  // fills registers of 16
  const std::int64_t most = std::min(widest / cols, std::max<std::int64_t>(rows, 1));
  return {rows, cols, most >= even ? most / even * even : most};
}

// One number for each column, repeated for the rows that are taken as one. Of the columns from
// `first` on where there are more than fit.
class Repeated {
 public:
  Repeated(const Fold& f, std::int64_t first, std::int64_t some, const float* values, float none) {
    for (std::int64_t r = 0; r < f.fold; ++r) {
      float* row = numbers_.data() + r * f.cols;
      if (values != nullptr) {
        std::copy_n(values + first, some, row);
      } else {
        std::fill_n(row, some, none);
      }
    }
  }
  const float* data() const { return numbers_.data(); }

 private:
  std::array<float, widest> numbers_;
};

// f(first row, rows, first column, columns in it) over blocks of the matrix; parallel over rows, or
// over columns where there are many.
template <class F>
void for_tiles(const Workers& workers, const Fold& f, double work, F&& call) {
  constexpr std::int64_t chunk = 4096;  // numbers, about
  const std::int64_t column_blocks = f.fold > 1 ? 1 : (f.cols + widest - 1) / widest;
  const std::int64_t each = std::max<std::int64_t>(1, chunk / std::min(f.width(), widest)) * f.fold;
  const std::int64_t row_blocks = (f.rows + each - 1) / each;
  workers.for_each(row_blocks * column_blocks, work * chunk, [&](std::int64_t i) {
    const std::int64_t row = i / column_blocks * each, first = i % column_blocks * widest;
    call(row, std::min(each, f.rows - row), first,
         f.fold > 1 ? f.cols : std::min(widest, f.cols - first));
  });
}

// run(begin, rows, columns, stride) on the folded part of some rows and on what is left of them.
template <class F>
void on_rows(const Fold& f, std::int64_t row, std::int64_t rows, std::int64_t cols, F&& run) {
  const std::int64_t whole = rows / f.fold, rest = rows % f.fold;
  if (f.fold == 1) return run(row, rows, cols, f.cols);
  if (whole > 0) run(row, whole, f.width(), f.width());
  if (rest > 0) run(row + whole * f.fold, rest, cols, f.cols);
}

// Pieces of the rows that are summed apart and joined in order.
constexpr std::int64_t most_pieces = 16;
std::int64_t pieces_of(const Fold& f) {
  return std::clamp<std::int64_t>(f.whole() / few_rows, 1, most_pieces);
}

void join(Moments& m, std::int64_t column, std::int64_t rows, double mean, double squares,
          std::int64_t rows_before) {
  if (rows == 0) return;
  const double all = static_cast<double>(rows_before + rows);
  const double apart = mean - m.mean[at(column)];
  m.mean[at(column)] += apart * static_cast<double>(rows) / all;
  m.squares[at(column)] +=
      squares + apart * apart * static_cast<double>(rows_before) * static_cast<double>(rows) / all;
}

// The moments of a block of columns, narrow matrices folded.
Moments block_moments(const Workers& workers, const Fold& f, std::int64_t first, std::int64_t some,
                      const float* x) {
  if (f.rows == 0) return {};
  const std::int64_t pieces = f.fold == 1 && f.cols > widest ? 1 : pieces_of(f);
  const std::int64_t width = f.fold > 1 ? f.width() : some;
  std::array<Moments, most_pieces> parts;
  workers.for_each(pieces, 0.5 * static_cast<double>(f.rows * some / pieces), [&](std::int64_t p) {
    const Span part = split(f.whole(), pieces, p);
    HWY_DYNAMIC_DISPATCH(add_moments)
    (part.size(), width, f.width(), x + part.begin * f.width() + first, parts[at(p)]);
  });
  Moments total;
  for (std::int64_t p = 0; p < pieces; ++p) {
    for (std::int64_t r = 0; r < f.fold; ++r) {
      const Moments& part = parts[at(p)];
      for (std::int64_t j = 0; j < some; ++j) {
        const auto from = at(r * f.cols + j);
        join(total, j, part.rows, part.mean[from], part.squares[from], total.rows);
      }
      total.rows += part.rows;
    }
  }
  if (f.rest() > 0) {
    Moments rest;
    HWY_DYNAMIC_DISPATCH(add_moments)
    (f.rest(), some, f.cols, x + f.whole() * f.width(), rest);
    for (std::int64_t j = 0; j < some; ++j) {
      join(total, j, rest.rows, rest.mean[at(j)], rest.squares[at(j)], total.rows);
    }
  }
  return total;
}

Sums block_sums(const Workers& workers, const Fold& f, std::int64_t first, std::int64_t some,
                const float* x, const float* dy, const float* mean) {
  if (f.rows == 0) return {};
  const Repeated means(f, first, some, mean, 0);
  const std::int64_t pieces = f.fold == 1 && f.cols > widest ? 1 : pieces_of(f);
  const std::int64_t width = f.fold > 1 ? f.width() : some;
  std::array<Sums, most_pieces> parts;
  workers.for_each(pieces, 0.4 * static_cast<double>(f.rows * some / pieces), [&](std::int64_t p) {
    const Span part = split(f.whole(), pieces, p);
    const std::int64_t from = part.begin * f.width() + first;
    HWY_DYNAMIC_DISPATCH(add_sums)
    (part.size(), width, f.width(), x + from, dy + from, means.data(), parts[at(p)]);
  });
  Sums total;
  if (f.rest() > 0) {
    const std::int64_t from = f.whole() * f.width();
    HWY_DYNAMIC_DISPATCH(add_sums)
    (f.rest(), some, f.cols, x + from, dy + from, means.data(), total);
  }
  for (std::int64_t p = 0; p < pieces; ++p) {
    for (std::int64_t r = 0; r < f.fold; ++r) {
      for (std::int64_t j = 0; j < some; ++j) {
        total.dy[at(j)] += parts[at(p)].dy[at(r * f.cols + j)];
        total.dy_x[at(j)] += parts[at(p)].dy_x[at(r * f.cols + j)];
      }
    }
  }
  return total;
}

// f(first column, columns) for blocks of columns: one where they are few, else as many as threads
// can share.
template <class F>
void for_column_blocks(const Workers& workers, const Fold& f, F&& call) {
  if (f.cols <= widest) return call(workers, std::int64_t{0}, f.cols);
  const Workers alone(1);
  workers.for_each(
      (f.cols + widest - 1) / widest, 0.5 * static_cast<double>(f.rows * widest),
      [&](std::int64_t b) { call(alone, b * widest, std::min(widest, f.cols - b * widest)); });
}

// scale[j] = gamma / sqrt(variance + epsilon)
void scales_of(const ColumnNorm& norm, float* scale) {
  for (std::int64_t j = 0; j < norm.cols; ++j) {
    const float gamma = norm.gamma != nullptr ? norm.gamma[j] : 1.0F;
    scale[j] = gamma / std::sqrt(norm.variance[j] + norm.epsilon);
  }
}

}  // namespace

void column_moments(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
                    float* mean, float* variance) {
  const Fold f = folded(rows, cols);
  for_column_blocks(
      workers, f, [&](const Workers& some_workers, std::int64_t first, std::int64_t some) {
        const Moments m = block_moments(some_workers, f, first, some, x);
        for (std::int64_t j = 0; j < some; ++j) {
          mean[first + j] = static_cast<float>(m.mean[at(j)]);
          variance[first + j] = static_cast<float>(
              m.squares[at(j)] / static_cast<double>(std::max<std::int64_t>(rows, 1)));
        }
      });
}

void batch_norm_forward(const Workers& workers, const ColumnNorm& norm, const float* x,
                        const ActivationFn& f, float* y, float* scratch) {
  scales_of(norm, scratch);
  const Fold fold = folded(norm.rows, norm.cols);
  for_tiles(
      workers, fold, 0.2,
      [&](std::int64_t row, std::int64_t rows, std::int64_t first, std::int64_t some) {
        const Repeated mean(fold, first, some, norm.mean, 0);
        const Repeated scale(fold, first, some, scratch, 1);
        const Repeated shift(fold, first, some, norm.beta, 0);
        on_rows(
            fold, row, rows, some,
            [&](std::int64_t begin, std::int64_t count, std::int64_t cols, std::int64_t stride) {
              const std::int64_t from = begin * norm.cols + first;
              HWY_DYNAMIC_DISPATCH(normalize)
              (count, cols, stride, x + from, mean.data(), scale.data(), shift.data(), y + from);
              if (f.kind == ActivationKind::linear) return;
              for (std::int64_t i = 0; i < count; ++i) {
                activate_span(f, cols, y + from + i * stride, y + from + i * stride);
              }
            });
      });
}

void batch_norm_backward(const Workers& workers, const ColumnNorm& norm, const float* x,
                         const float* dy, const NormGradients& to, float* scratch) {
  float *scale = scratch, *shift = scratch + norm.cols, *slope = scratch + 2 * norm.cols;
  scales_of(norm, scale);
  const Fold fold = folded(norm.rows, norm.cols);
  const auto count = static_cast<double>(std::max<std::int64_t>(norm.rows, 1));
  for_column_blocks(
      workers, fold, [&](const Workers& some_workers, std::int64_t first, std::int64_t some) {
        const Sums sums = block_sums(some_workers, fold, first, some, x, dy, norm.mean);
        for (std::int64_t j = 0; j < some; ++j) {
          const std::int64_t c = first + j;
          const double spread =
              static_cast<double>(norm.variance[c]) + static_cast<double>(norm.epsilon);
          const double sum = sums.dy[at(j)], product = sums.dy_x[at(j)];
          const auto deliver = [&](float* place, double value) {
            place[c] = static_cast<float>(value) + (to.accumulate ? place[c] : 0.0F);
          };
          if (to.dbeta != nullptr) deliver(to.dbeta, sum);
          if (to.dgamma != nullptr) deliver(to.dgamma, product / std::sqrt(spread));
          shift[c] = static_cast<float>(sum / count);
          slope[c] =
              static_cast<float>(-static_cast<double>(scale[c]) * product / (spread * count));
        }
      });
  if (to.dx == nullptr) return;
  for_tiles(workers, fold, 0.3,
            [&](std::int64_t row, std::int64_t rows, std::int64_t first, std::int64_t some) {
              const Repeated mean(fold, first, some, norm.mean, 0);
              const Repeated scales(fold, first, some, scale, 1);
              const Repeated shifts(fold, first, some, shift, 0);
              const Repeated slopes(fold, first, some, slope, 0);
              on_rows(
                  fold, row, rows, some,
                  [&](std::int64_t begin, std::int64_t n, std::int64_t cols, std::int64_t stride) {
                    const std::int64_t from = begin * norm.cols + first;
                    HWY_DYNAMIC_DISPATCH(denormalize)
                    (n, cols, stride, x + from, dy + from, mean.data(), scales.data(),
                     shifts.data(), slopes.data(), to.dx + from);
                  });
            });
}

void fixed_norm_backward(const Workers& workers, const ColumnNorm& norm, const float* dy, float* dx,
                         float* scratch) {
  scales_of(norm, scratch);
  const Fold fold = folded(norm.rows, norm.cols);
  for_tiles(workers, fold, 0.2,
            [&](std::int64_t row, std::int64_t rows, std::int64_t first, std::int64_t some) {
              const Repeated scales(fold, first, some, scratch, 1);
              on_rows(
                  fold, row, rows, some,
                  [&](std::int64_t begin, std::int64_t n, std::int64_t cols, std::int64_t stride) {
                    const std::int64_t from = begin * norm.cols + first;
                    HWY_DYNAMIC_DISPATCH(scale_rows)
                    (n, cols, stride, dy + from, scales.data(), dx + from);
                  });
            });
}

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
  const std::int64_t n = norm.cols;
  const std::int64_t pieces = std::clamp<std::int64_t>(norm.rows / few_rows, 1, layer_norm_pieces);
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
