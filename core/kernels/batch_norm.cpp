#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/kernels/batch_norm_columns.h"
#include "core/kernels/normalization.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t widest = ColumnBlock::widest;

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

// One number for each of some columns, repeated for the rows that are taken as one.
class Repeated {
 public:
  Repeated(const Fold& f, Span cols, const float* values, float none) {
    for (std::int64_t r = 0; r < f.fold; ++r) {
      float* row = numbers_.data() + r * f.cols;
      if (values != nullptr) {
        std::copy(values + cols.begin, values + cols.end, row);
      } else {
        std::fill_n(row, cols.size(), none);
      }
    }
  }
  const float* data() const { return numbers_.data(); }

 private:
  std::array<float, widest> numbers_;
};

// f(rows, columns) for parts of the matrix; parallel over rows, or over columns where there are
// many.
template <class F>
void for_tiles(const Workers& workers, const Fold& f, double work, F&& call) {
  constexpr std::int64_t chunk = 4096;  // numbers, about
  const std::int64_t column_blocks = (f.cols + widest - 1) / widest;
  const std::int64_t each = std::max<std::int64_t>(1, chunk / std::min(f.width(), widest)) * f.fold;
  const std::int64_t row_blocks = (f.rows + each - 1) / each;
  workers.for_each(row_blocks * column_blocks, work * chunk, [&](std::int64_t i) {
    const std::int64_t row = i / column_blocks * each, first = i % column_blocks * widest;
    call(Span{row, std::min(row + each, f.rows)}, Span{first, std::min(first + widest, f.cols)});
  });
}

// f(first number, block) for the folded part of some rows and for what is left of them.
template <class F>
void on_rows(const Fold& f, Span rows, Span cols, F&& call) {
  const std::int64_t from = rows.begin * f.cols + cols.begin;
  const std::int64_t whole = rows.size() / f.fold, rest = rows.size() % f.fold;
  if (whole > 0) call(from, ColumnBlock{whole, cols.size() * f.fold, f.width()});
  if (rest > 0) call(from + whole * f.width(), ColumnBlock{rest, cols.size(), f.cols});
}

// Pieces of the rows that are summed apart and joined in order; one where threads share blocks of
// columns.
constexpr std::int64_t most_pieces = 16;
std::int64_t pieces_of(const Fold& f) {
  if (f.cols > widest) return 1;
  return std::clamp<std::int64_t>(f.whole() / ColumnBlock::few_rows, 1, most_pieces);
}

// f(piece, first number, block) for the pieces of some columns, all rows but those that fill no
// fold.
template <class F>
void for_pieces(const Workers& workers, const Fold& f, Span cols, double work, F&& call) {
  const std::int64_t pieces = pieces_of(f);
  const double each = work * static_cast<double>(f.rows * cols.size() / pieces);
  workers.for_each(pieces, each, [&](std::int64_t p) {
    const Span part = split(f.whole(), pieces, p);
    call(p, part.begin * f.width() + cols.begin,
         ColumnBlock{part.size(), cols.size() * f.fold, f.width()});
  });
}

// Those rows: where they begin, and of which numbers they are.
std::int64_t rest_at(const Fold& f) { return f.whole() * f.width(); }
ColumnBlock rest_of(const Fold& f) { return {f.rest(), f.cols, f.cols}; }

void join(Moments& m, std::int64_t column, std::int64_t rows, double mean, double squares,
          std::int64_t rows_before) {
  if (rows == 0) return;
  const double all = static_cast<double>(rows_before + rows);
  const double apart = mean - m.mean[at(column)];
  m.mean[at(column)] += apart * static_cast<double>(rows) / all;
  m.squares[at(column)] +=
      squares + apart * apart * static_cast<double>(rows_before) * static_cast<double>(rows) / all;
}

Moments block_moments(const Workers& workers, const Fold& f, Span cols, const float* x) {
  if (f.rows == 0) return {};
  std::array<Moments, most_pieces> parts;
  for_pieces(workers, f, cols, 0.5,
             [&](std::int64_t p, std::int64_t from, const ColumnBlock& block) {
               add_moments(block, x + from, parts[at(p)]);
             });
  Moments total;
  for (std::int64_t p = 0; p < pieces_of(f); ++p) {
    for (std::int64_t r = 0; r < f.fold; ++r) {
      const Moments& part = parts[at(p)];
      for (std::int64_t j = 0; j < cols.size(); ++j) {
        const auto from = at(r * f.cols + j);
        join(total, j, part.rows, part.mean[from], part.squares[from], total.rows);
      }
      total.rows += part.rows;
    }
  }
  if (f.rest() > 0) {
    Moments rest;
    add_moments(rest_of(f), x + rest_at(f), rest);
    for (std::int64_t j = 0; j < cols.size(); ++j) {
      join(total, j, rest.rows, rest.mean[at(j)], rest.squares[at(j)], total.rows);
    }
  }
  return total;
}

NormSums block_sums(const Workers& workers, const Fold& f, Span cols, const float* x,
                    const float* dy, const float* mean) {
  if (f.rows == 0) return {};
  const Repeated means(f, cols, mean, 0);
  std::array<NormSums, most_pieces> parts;
  for_pieces(workers, f, cols, 0.4,
             [&](std::int64_t p, std::int64_t from, const ColumnBlock& block) {
               add_norm_sums(block, x + from, dy + from, means.data(), parts[at(p)]);
             });
  NormSums total;
  if (f.rest() > 0) add_norm_sums(rest_of(f), x + rest_at(f), dy + rest_at(f), means.data(), total);
  for (std::int64_t p = 0; p < pieces_of(f); ++p) {
    for (std::int64_t r = 0; r < f.fold; ++r) {
      for (std::int64_t j = 0; j < cols.size(); ++j) {
        total.dy[at(j)] += parts[at(p)].dy[at(r * f.cols + j)];
        total.dy_x[at(j)] += parts[at(p)].dy_x[at(r * f.cols + j)];
      }
    }
  }
  return total;
}

// f(workers, columns) for blocks of columns: one where they are few, else as many as threads can
// share.
template <class F>
void for_column_blocks(const Workers& workers, const Fold& f, F&& call) {
  if (f.cols <= widest) return call(workers, Span{0, f.cols});
  const Workers alone(1);
  workers.for_each((f.cols + widest - 1) / widest, 0.5 * static_cast<double>(f.rows * widest),
                   [&](std::int64_t b) {
                     call(alone, Span{b * widest, std::min((b + 1) * widest, f.cols)});
                   });
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
  const auto count = static_cast<double>(std::max<std::int64_t>(rows, 1));
  for_column_blocks(workers, f, [&](const Workers& some_workers, Span some) {
    const Moments m = block_moments(some_workers, f, some, x);
    for (std::int64_t j = 0; j < some.size(); ++j) {
      mean[some.begin + j] = static_cast<float>(m.mean[at(j)]);
      variance[some.begin + j] = static_cast<float>(m.squares[at(j)] / count);
    }
  });
}

void batch_norm_forward(const Workers& workers, const ColumnNorm& norm, const float* x,
                        const ActivationFn& f, float* y, float* scratch) {
  scales_of(norm, scratch);
  const Fold fold = folded(norm.rows, norm.cols);
  for_tiles(workers, fold, 0.2, [&](Span rows, Span cols) {
    const Repeated mean(fold, cols, norm.mean, 0);
    const Repeated scale(fold, cols, scratch, 1);
    const Repeated shift(fold, cols, norm.beta, 0);
    on_rows(fold, rows, cols, [&](std::int64_t from, const ColumnBlock& block) {
      normalize(block, x + from, mean.data(), scale.data(), shift.data(), y + from);
      if (f.kind == ActivationKind::linear) return;
      for (std::int64_t i = 0; i < block.rows; ++i) {
        float* row = y + from + i * block.stride;
        activate_span(f, block.cols, row, row);
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
  for_column_blocks(workers, fold, [&](const Workers& some_workers, Span some) {
    const NormSums sums = block_sums(some_workers, fold, some, x, dy, norm.mean);
    for (std::int64_t j = 0; j < some.size(); ++j) {
      const std::int64_t c = some.begin + j;
      const double spread =
          static_cast<double>(norm.variance[c]) + static_cast<double>(norm.epsilon);
      const double sum = sums.dy[at(j)], product = sums.dy_x[at(j)];
      const auto deliver = [&](float* place, double value) {
        place[c] = static_cast<float>(value) + (to.accumulate ? place[c] : 0.0F);
      };
      if (to.dbeta != nullptr) deliver(to.dbeta, sum);
      if (to.dgamma != nullptr) deliver(to.dgamma, product / std::sqrt(spread));
      shift[c] = static_cast<float>(sum / count);
      slope[c] = static_cast<float>(-static_cast<double>(scale[c]) * product / (spread * count));
    }
  });
  if (to.dx == nullptr) return;
  for_tiles(workers, fold, 0.3, [&](Span rows, Span cols) {
    const Repeated mean(fold, cols, norm.mean, 0);
    const Repeated scales(fold, cols, scale, 1);
    const Repeated shifts(fold, cols, shift, 0);
    const Repeated slopes(fold, cols, slope, 0);
    on_rows(fold, rows, cols, [&](std::int64_t from, const ColumnBlock& block) {
      denormalize(block, x + from, dy + from, mean.data(), scales.data(), shifts.data(),
                  slopes.data(), to.dx + from);
    });
  });
}

void fixed_norm_backward(const Workers& workers, const ColumnNorm& norm, const float* dy, float* dx,
                         float* scratch) {
  scales_of(norm, scratch);
  const Fold fold = folded(norm.rows, norm.cols);
  for_tiles(workers, fold, 0.2, [&](Span rows, Span cols) {
    const Repeated scales(fold, cols, scratch, 1);
    on_rows(fold, rows, cols, [&](std::int64_t from, const ColumnBlock& block) {
      scale_block(block, dy + from, scales.data(), dx + from);
    });
  });
}

}  // namespace minnow::kernels
