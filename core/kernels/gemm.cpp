#include "core/kernels/gemm.h"

#include <algorithm>

#include "core/kernels/dots.h"
#include "core/kernels/elementwise.h"
#include "core/kernels/large_product.h"
#include "core/kernels/narrow_product.h"
#include "core/kernels/pack.h"
#include "core/kernels/product.h"
#include "core/kernels/row_product.h"
#include "core/kernels/spans.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

// A is read where it lies, in either layout, but for columns that many of B's meet, which are
// turned into rows; B where it lies, in panels of up to four registers' columns. Where many rows
// use a panel, or it comes from afar, its first rows copy it for the others or ask for it early; it
// is packed before where they cannot, or its columns lie as rows do.

constexpr std::int64_t few_terms = 16;

// Whether a panel is read where it lies. Packing pays where many rows use the panel, or where it is
// narrow and spread over more memory than is near, or its rows lie so that they cannot stay near
// for the next tile.
bool reads_in_place(const Product& p, std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t few_rows = 12, few_numbers = 16384;
  if (p.b.transposed) return false;
  if (p.b.stride % page == 0 && rows > few_rows && rows * p.size.k >= few_numbers) return false;
  if (columns >= widest_panel) return rows < many_rows || p.size.k <= few_terms;
  return rows <= 64 || p.b.stride <= 2 * widest_panel;
}

// Rows from which on a panel's copy serves enough others, or spares them rows whole pages apart.
std::int64_t least_copied(const Product& p, const Tiles& tiles) {
  if (tiles.asking == nullptr) return tiles.copied() + 3;  // no tile asks for B instead
  constexpr std::int64_t enough = 28;
  return p.b.stride % page == 0 ? tiles.copied() : enough;
}

// Whether a panel's first rows ask for it, too few to copy it. Of rows that lie whole pages apart
// little stays near for the others, which should be one high tile then.
bool asks_first(const Product& p, const Tiles& tiles, std::int64_t rows, std::int64_t columns) {
  const std::int64_t most = tiles.asked(), others = rows - most;
  const bool pays = others == 0 || p.b.stride % page != 0 || (2 * others > most && others <= most);
  return !p.b.transposed && tiles.asks(tiles.wide(columns), columns) && others >= 0 &&
         rows < least_copied(p, tiles) && pays && comes_from_afar(p.size, p.b);
}

// Whether a panel's first rows copy it for the others, while they wait for it: where it comes from
// afar, or many rows would find it anew, or it would have been packed.
bool copies_first(const Product& p, const Tiles& tiles, std::int64_t rows, std::int64_t columns,
                  bool in_place) {
  constexpr std::int64_t many = 48;
  const bool pays = comes_from_afar(p.size, p.b) || (rows >= many && p.b.stride > most_columns);
  return !p.b.transposed && tiles.copies(tiles.wide(columns), columns) &&
         rows >= least_copied(p, tiles) && (!in_place || pays);
}

// Wider panels have fewer rows of B to find, and lower tiles: with many terms those of the usual
// width do better, four registers being too low where they reach all rows, and three where they are
// higher. With few terms what takes time is C, whose rows are written once.
int width_in_place(const Tiles& tiles, const GemmSize& size, std::int64_t rows, std::int64_t left) {
  constexpr std::int64_t many_terms = 65;
  if (size.k <= few_terms) return tiles.widest(left);
  const int usual = tiles.width(left), wide = tiles.wide(left);
  const bool higher = wide == 3 * tiles.lanes || rows <= tiles.tallest(usual);
  return higher && rows > tiles.tallest(wide) && size.k >= many_terms ? usual : wide;
}

// Whether turning A's columns into rows pays.
bool turns_a(const Product& p, Span columns) {
  const std::int64_t enough = p.size.k > most_turned_terms ? 256 : 512;
  return tiles().like_fours() && p.a.transposed && !p.b.transposed && columns.size() >= enough;
}

// The tiles of C in rows x columns, and what the terms in k add to them. Where A is turned, there
// are not too many rows for it.
void multiply_block(const Product& p, Span rows, Span columns, Span k) {
  const Tiles& tiles = kernels::tiles();
  alignas(64) float packed[block_k * most_columns];
  TurnedRows turned;
  const bool turns = turns_a(p, columns);
  const Steps steps(k.size(), turns ? 1 : p.a_term());
  TileJob job = job_of(p, k, steps);
  if (turns) {
    turned.turn(p, rows, k, job);
  } else {
    job.a = p.a_at(rows.begin, k.begin);
  }
  for (std::int64_t j = columns.begin; j < columns.end;) {
    const std::int64_t left = columns.end - j;
    const bool in_place = reads_in_place(p, rows.size(), left);
    const bool copies = copies_first(p, tiles, rows.size(), left, in_place);
    const bool asks = asks_first(p, tiles, rows.size(), left);
    const int width = copies || asks ? tiles.wide(left)
                      : in_place     ? width_in_place(tiles, p.size, rows.size(), left)
                                     : tiles.broad(left);
    job.columns = std::min<std::int64_t>(left, width);
    job.bias = bias_at(p, k.begin, j);
    job.c = p.c + rows.begin * p.c_stride + j;
    if (copies || asks || in_place) {
      job.b = p.b.data + k.begin * p.b.stride + j;
      job.b_row = p.b.stride;
      job.whole = whole_terms(k.size(), width - job.columns, job.b_row);
    } else {
      pack_panels(p.b, k, j, job.columns, width, packed);
      job.whole = k.size();
      job.b = packed;
      job.b_row = width;
    }
    if (copies) {
      run_copying(tiles, job, width, rows.size(), packed);
    } else if (asks) {
      run_asking(tiles, job, width, rows.size());
    } else {
      run_rows(tiles, job, width, rows.size());
    }
    j += width;
  }
  if (k.end == p.size.k) finish(p, rows, columns);
}

bool is_shallow(const Product& p, Span columns) {
  return p.size.k <= few_terms && !p.b.transposed && columns.size() >= 128;
}

// Few terms: what takes time is C, which is written in long rows, as far as there are whole panels.
// Returns the columns that are left.
Span multiply_shallow(const Product& p, Span rows, Span columns) {
  const Tiles& tiles = kernels::tiles();
  const int width = tiles.wide(columns.size());
  // Columns of B that stay near for all rows, whose own long rows are not too many to be foreseen.
  const std::int64_t strip = (rows.size() > 32 ? 512 : 256) / width * width;
  const std::int64_t end = columns.begin + columns.size() / width * width;
  const Steps steps(p.size.k, p.a_term());
  TileJob job = job_of(p, {0, p.size.k}, steps);
  job.b_row = p.b.stride;
  job.a = p.a_at(rows.begin, 0);
  job.columns = job.b_next = width;
  const TileCut cut(rows.size(), tiles.tallest(width));
  for (std::int64_t j = columns.begin; j < end; j += strip) {
    job.b = p.b.data + j;
    job.bias = bias_at(p, 0, j);
    job.c = p.c + rows.begin * p.c_stride + j;
    const std::int64_t side_by_side = (std::min(j + strip, end) - j) / width;
    run_cuts(tiles, job, width, cut, side_by_side, /*a_next=*/0, /*c_next=*/width);
    finish(p, rows, {j, std::min(j + strip, end)});
  }
  return {end, columns.end};
}

// Of a column of C: longer rows of A are better met by registers along k.
constexpr std::int64_t short_row = 32;

// The terms from which on registers along k serve so many columns best, whose lanes tiles leave
// empty. A part of a register takes as long as several whole ones. Whatever the rows are, so that a
// thin layer predicts the same bits for any batch size.
std::int64_t terms_for_columns(std::int64_t n, bool ragged) {
  if (n == 1) return short_row;
  if (n <= 3) return 48;
  if (n <= 5) return ragged ? 100 : 64;
  if (n <= 10) return ragged ? 256 : n == 6 ? 64 : 128;
  return ragged ? 512 : 320;
}

// Those for so few rows that turning B would not pay.
std::int64_t terms_for_rows(std::int64_t m, bool ragged) {
  const std::int64_t whole = m <= 2 ? 64 : m <= 4 ? 128 : m <= 8 ? 192 : m <= 10 ? 256 : 384;
  return !ragged ? whole : m <= 10 ? whole * 3 / 2 : 2 * whole;
}

// Whether registers along k serve a product best: operands that lie so, and few columns or rows.
bool is_thin(const Product& p) {
  if (p.a.transposed || !p.b.transposed) return false;
  const auto [m, n, k] = p.size;
  const bool ragged = k % dot_lanes != 0;
  if (n < 16) return k >= terms_for_columns(n, ragged);
  return m <= 16 && k >= terms_for_rows(m, ragged);
}

void multiply_thin(const Product& p, Span rows, Span columns) {
  constexpr std::int64_t block = 2048;  // terms of B that stay near while all rows use them
  std::int64_t steps[block / dot_lanes + 1];
  for (std::int64_t t = 0; t <= block / dot_lanes; ++t) steps[t] = t * dot_lanes;
  for (std::int64_t k = 0; k < p.size.k; k += block) {
    const std::int64_t terms = std::min(block, p.size.k - k);
    run_dots({.rows = rows.size(),
              .columns = columns.size(),
              .chunks = terms / dot_lanes,
              .a_offsets = steps,
              .b_offsets = steps,
              .tail = terms % dot_lanes,
              .a = p.a.data + rows.begin * p.a.stride + k,
              .a_row = p.a.stride,
              .b = p.b.data + columns.begin * p.b.stride + k,
              .b_row = p.b.stride,
              .bias = bias_at(p, k, columns.begin),
              .c = p.c + rows.begin * p.c_stride + columns.begin,
              .c_row = p.c_stride,
              .add = p.accumulate || k > 0,
              .floor = floor_at(p, k + terms)});
  }
  finish(p, rows, columns);
}

// A single row of sums: B is read as it lies, a few whole rows of it at a time. A row of several
// has its terms in the order and blocks of tiles, so that it has the same bits wherever threads cut
// the rows.
void multiply_single(const Product& p, std::int64_t row, Span columns) {
  const bool alone = p.size.m == 1;
  for (std::int64_t j = columns.begin; j < columns.end; j += RowJob::most_columns) {
    RowJob job{};
    job.columns = std::min(RowJob::most_columns, columns.end - j);
    job.a_step = p.a_term();
    job.b_row = p.b.stride;
    job.in_quarters = alone;
    job.c = p.c + row * p.c_stride + j;
    for (std::int64_t b = 0; b < (alone ? 1 : blocks_of_terms(p)); ++b) {
      const Span k = alone ? Span{0, p.size.k} : block_of_terms(p, b);
      job.terms = k.size();
      job.a = p.a_at(row, k.begin);
      job.b = p.b.data + k.begin * p.b.stride + j;
      job.bias = bias_at(p, k.begin, j);
      job.add = p.accumulate || k.begin > 0;
      job.floor = floor_at(p, k.end);
      kernels::multiply_row(job);
    }
  }
  finish(p, {row, row + 1}, columns);
}

void multiply(const Product& p, Span rows, Span columns) {
  if (is_narrow(p, rows, columns)) return multiply_narrow(p, rows);
  if (is_thin(p)) return multiply_thin(p, rows, columns);
  if (rows.size() == 1 && !p.b.transposed) return multiply_single(p, rows.begin, columns);
  if (is_large(p, rows, columns)) return multiply_large(p, rows, columns);
  if (is_shallow(p, columns)) columns = multiply_shallow(p, rows, columns);
  // Where there are several blocks of terms, a part of C whose sums stay near until the last one.
  const bool turns = turns_a(p, columns), whole = turns || blocks_of_terms(p) == 1;
  const std::int64_t block_n = whole ? columns.size() : 256;
  for_parts(rows, turns ? TurnedRows::most : rows.size(), [&](Span some) {
    for (std::int64_t j = columns.begin; j < columns.end; j += block_n) {
      const Span beside{j, std::min(j + block_n, columns.end)};
      for (std::int64_t b = 0; b < blocks_of_terms(p); ++b) {
        multiply_block(p, some, beside, block_of_terms(p, b));
      }
    }
  });
}

// A product with few results is cut along k, into pieces that depend on the sizes alone: a deep
// one, for else there is too little to share out, and a row whose B is large, so that each thread
// reads a part of B that lies together. The pieces' sums are added in their order.
constexpr std::int64_t most_pieces = 16;
constexpr std::int64_t most_results = 2048;

std::int64_t pieces_of(const Product& p) {
  constexpr std::int64_t most_of_row = 4, large = 65536;  // pieces, numbers
  if (p.size.m * p.size.n > most_results) return 1;
  const std::int64_t by_depth = std::min(p.size.k / terms_of_piece, most_pieces);
  const bool row = p.size.m == 1 && !p.b.transposed;
  const std::int64_t by_size = row ? std::min(p.size.k * p.size.n / large, most_of_row) : 1;
  return std::max<std::int64_t>({by_depth, by_size, 1});
}

void multiply_pieces(const Workers& workers, const Product& p, std::int64_t pieces, double work) {
  alignas(64) float sums[most_pieces * most_results];
  constexpr std::int64_t unit = 16;
  const std::int64_t m = p.size.m, n = p.size.n, k_terms = p.size.k;
  const Epilogue none;
  workers.for_each(pieces, work / static_cast<double>(pieces), [&](std::int64_t i) {
    // Pieces of whole registers, but for the last.
    const Span part = split((k_terms + unit - 1) / unit, pieces, i);
    Product piece = p;
    piece.size.k = std::min(part.end * unit, k_terms) - part.begin * unit;
    piece.a.data += part.begin * unit * p.a_term();
    piece.b.data += part.begin * unit * (p.b.transposed ? 1 : p.b.stride);
    piece.c = sums + i * m * n;
    piece.c_stride = n;
    piece.accumulate = false;
    piece.epilogue = &none;
    multiply(piece, {0, m}, {0, n});
  });
  // All rows at once: a call for each would take longer than its few sums.
  alignas(64) float total[most_results] = {};
  for (std::int64_t row = 0; row < m; ++row) {
    float* sum = total + row * n;
    if (p.accumulate) std::copy_n(p.c + row * p.c_stride, n, sum);
    if (p.epilogue->bias != nullptr) add_to(workers, n, p.epilogue->bias, sum);
  }
  for (std::int64_t i = 0; i < pieces; ++i) add_to(workers, m * n, sums + i * m * n, total);
  const ActivationFn& f = p.epilogue->activation;
  if (f.kind == ActivationKind::relu) activate_span(f, m * n, total, total);  // as tiles would have
  for (std::int64_t row = 0; row < m; ++row) {
    std::copy_n(total + row * n, n, p.c + row * p.c_stride);
  }
  finish(p, {0, m}, {0, n});
}

// Whether threads have columns of C rather than rows: those that there are more of, or rows where
// each thread would turn all of A.
bool threads_share_columns(const Product& p) {
  const bool turned = p.a.transposed && !p.b.transposed;
  if (turned && p.size.m >= 256 && p.size.k >= 64) return p.size.n > 2 * p.size.m;
  return p.size.n >= p.size.m;
}

// Whether a row or a column, which lies in memory as its transpose does, is better met as that: a
// column of short rows or of columns of A has registers along it then, a row of long columns of B
// has them along k, many at a time.
bool better_transposed(const GemmSize& size, const Operand& a, const Operand& b,
                       std::int64_t c_stride) {
  if (size.n == 1) return size.m > 1 && c_stride == 1 && (a.transposed || size.k < short_row);
  return size.m == 1 && size.n >= 16 && !a.transposed && b.transposed && size.k >= short_row;
}

// C^T = B^T A^T. The bias, of a column there and of a row here, goes ahead of it.
void gemm_transposed(const Workers& workers, const GemmSize& size, const Operand& a,
                     const Operand& b, float* c, bool accumulate, const Epilogue& epilogue) {
  const float* bias = epilogue.bias;
  for (std::int64_t i = 0; bias != nullptr && i < size.m * size.n; ++i) {
    const float first = bias[size.n == 1 ? 0 : i];
    c[i] = accumulate ? c[i] + first : first;
  }
  gemm(workers, {size.n, size.m, size.k}, {b.data, b.stride, !b.transposed},
       {a.data, a.stride, !a.transposed}, c, size.m, accumulate || bias != nullptr,
       {nullptr, epilogue.activation, epilogue.derivative});
}

}  // namespace

void gemm(const Workers& workers, const GemmSize& size, const Operand& a, const Operand& b,
          float* c, std::int64_t c_stride, bool accumulate, const Epilogue& epilogue) {
  if (size.m == 0 || size.n == 0) return;
  if (better_transposed(size, a, b, c_stride)) {
    return gemm_transposed(workers, size, a, b, c, accumulate, epilogue);
  }
  Product product{size, a, b, c, c_stride, accumulate, &epilogue};
  // The elements of a column of stride 1 lie beside one another in either layout, and a row's.
  if (size.n == 1 && b.stride == 1) product.b = {b.data, size.k, /*transposed=*/true};
  if (size.k == 1 && b.stride == 1 && size.n > 1) product.b = {b.data, size.n};
  const float nothing = 0;  // operands of no terms may be null, which takes no offset
  if (size.k == 0) product.a = product.b = {&nothing, 1};
  constexpr double flops_per_ns = 64;
  constexpr std::int64_t unit_cols = 16, unit_rows = 4;
  // Few rows wait for B to arrive, 80 bytes in a nanosecond, and no row of it in less than one; a
  // column waits for A.
  const double m = static_cast<double>(size.m), n = static_cast<double>(size.n);
  const double per_row = std::max({2 / flops_per_ns, 0.05 / std::min(m, n), 1.2 / (m * n)});
  const double work_per_element = per_row * static_cast<double>(size.k) + 0.5;
  const double work = work_per_element * static_cast<double>(size.m * size.n);
  if (const std::int64_t pieces = pieces_of(product); pieces > 1) {
    return multiply_pieces(workers, product, pieces, work);
  }
  // Each element's sum is the same wherever C is cut; whole panels and tiles keep the pieces full.
  const bool by_columns = threads_share_columns(product);
  const std::int64_t unit = by_columns ? unit_cols : unit_rows;
  const std::int64_t length = by_columns ? size.n : size.m;
  const std::int64_t breadth = by_columns ? size.m : size.n;
  workers.for_range((length + unit - 1) / unit,
                    work_per_element * static_cast<double>(unit * breadth),
                    [&](std::int64_t begin, std::int64_t end) {
                      const Span part{begin * unit, std::min(end * unit, length)};
                      if (by_columns) {
                        multiply(product, {0, size.m}, part);
                      } else {
                        multiply(product, part, {0, size.n});
                      }
                    });
}

}  // namespace minnow::kernels
