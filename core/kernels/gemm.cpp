#include "core/kernels/gemm.h"

#include <hwy/cache_control.h>

#include <algorithm>

#include "core/kernels/dots.h"
#include "core/kernels/pack.h"
#include "core/kernels/row_product.h"
#include "core/kernels/spans.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

struct Product {
  GemmSize size;
  Operand a, b;
  float* c;
  std::int64_t c_stride;
  bool accumulate;
  const Epilogue* epilogue;

  std::int64_t a_row() const { return a.transposed ? 1 : a.stride; }
  std::int64_t a_term() const { return a.transposed ? a.stride : 1; }
};

// B is packed panel by panel of up to two registers' columns, so that the inner loop reads it in a
// row whatever its layout, unless few rows or terms use it; A is read where it lies, in either
// layout, unless many panels use it and its terms lie apart or its rows meet in the cache.
constexpr std::int64_t block_k = 256;
constexpr std::int64_t block_m = 256;              // rows of A that are packed
constexpr std::int64_t packed_row = block_k + 16;  // rows begin in different sets of the cache

// Where the terms of a block lie in A.
struct Steps {
  std::int64_t of[block_k];
  Steps(std::int64_t terms, std::int64_t step) {
    for (std::int64_t p = 0; p < terms; ++p) of[p] = p * step;
  }
};

// Whether a panel is read where it lies. Packing pays where many rows use the panel, or where it is
// spread over more memory than is near.
bool reads_in_place(const Product& p, std::int64_t rows, std::int64_t columns) {
  constexpr std::int64_t few_rows = 14, few_terms = 16;  // are near after the first tile
  if (p.b.transposed) return false;
  if (columns >= widest_panel) return rows <= few_rows || p.size.k <= few_terms;
  return rows <= 64 || p.b.stride <= 2 * widest_panel;
}

// A panel that is read where it lies, asked for before its time: its rows are in pages of their
// own, which no hardware foresees.
void fetch_panel(const float* b, std::int64_t terms, std::int64_t stride, int width) {
  constexpr std::int64_t near = 256, line = 16;  // numbers between rows, and in a cache line
  if (stride < near) return;
  for (std::int64_t p = 0; p < terms; ++p) {
    for (int j = 0; j < width; j += line) hwy::Prefetch(b + p * stride + j);
  }
}

// The activations that tiles do not apply on their way out.
void finish(const Product& p, Span rows, Span columns) {
  const ActivationKind kind = p.epilogue->activation.kind;
  if (kind == ActivationKind::linear || kind == ActivationKind::relu) return;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    float* c = p.c + row * p.c_stride + columns.begin;
    activate_span(p.epilogue->activation, columns.size(), c, c);
  }
}

// What finishes the block of terms that ends at `end`: relu, or nothing.
float floor_at(const Product& p, std::int64_t end) {
  const bool positive = end == p.size.k && p.epilogue->activation.kind == ActivationKind::relu;
  return positive ? 0.0F : no_floor;
}

// The tiles of C in rows x columns, and what the terms in k add to them. `packed_a` is null or a
// copy of this part of A, rows of packed_row numbers.
void multiply_block(const Product& p, Span rows, Span columns, Span k, const float* packed_a) {
  const Tiles& tiles = kernels::tiles();
  alignas(64) float packed[block_k * widest_panel];
  const bool first = k.begin == 0;
  const Steps steps(k.size(), packed_a == nullptr ? p.a_term() : 1);
  TileJob job{};
  job.terms = k.size();
  job.offsets = steps.of;
  job.fours = packed_a != nullptr || !p.a.transposed;
  job.c_row = p.c_stride;
  job.add = p.accumulate || !first;
  job.floor = floor_at(p, k.end);
  set_rows(job, packed_a == nullptr ? p.a_row() : packed_row);
  for (std::int64_t j = columns.begin; j < columns.end;) {
    const std::int64_t left = columns.end - j;
    const bool in_place = reads_in_place(p, rows.size(), left);
    const int width = in_place ? tiles.wide(left) : tiles.width(left);
    job.columns = std::min<std::int64_t>(left, width);
    if (in_place) {
      job.b = p.b.data + k.begin * p.b.stride + j;
      job.b_row = p.b.stride;
      if (left > 2 * width) fetch_panel(job.b + 2 * width, k.size(), p.b.stride, width);
    } else {
      pack_columns(p.b, k, j, job.columns, width, packed);
      job.b = packed;
      job.b_row = width;
    }
    job.bias = first && p.epilogue->bias != nullptr ? p.epilogue->bias + j : nullptr;
    job.c = p.c + rows.begin * p.c_stride + j;
    job.a = packed_a;
    if (packed_a == nullptr) {
      job.a = p.a.data + rows.begin * p.a_row() + k.begin * p.a_term();
    }
    run_rows(tiles, job, width, rows.size());
    j += width;
  }
  if (k.end == p.size.k) finish(p, rows, columns);
}

// Copying A pays where many panels of B meet it and its terms lie apart, or where its rows meet in
// the same places of the cache.
bool packs_rows(const Product& p, Span rows, Span columns) {
  constexpr std::int64_t page = 1024;  // numbers
  return (p.a.transposed || p.a.stride % page == 0) && columns.size() >= 256 && rows.size() >= 96 &&
         p.size.k >= 128;
}

void multiply_packed(const Product& p, Span rows, Span columns) {
  alignas(64) float packed[block_m * packed_row];
  const std::int64_t blocks = (rows.size() + block_m - 1) / block_m;
  for (std::int64_t i = 0; i < blocks; ++i) {
    const Span part = split(rows.size(), blocks, i);
    const Span some{rows.begin + part.begin, rows.begin + part.end};
    for (std::int64_t k = 0; k < p.size.k; k += block_k) {
      const Span terms{k, std::min(k + block_k, p.size.k)};
      pack_columns(p.a, some, terms.begin, terms.size(), packed_row, packed);
      multiply_block(p, some, columns, terms, packed);
    }
  }
}

// Whether registers along k serve a product best: few columns, and operands that lie so.
bool is_thin(const Product& p) {
  return p.size.n < 16 && p.size.k >= 64 && !p.a.transposed && p.b.transposed;
}

void multiply_thin(const Product& p, Span rows, Span columns) {
  constexpr std::int64_t block = 2048;  // terms of B that stay near while all rows use them
  std::int64_t steps[block / dot_lanes + 1];
  for (std::int64_t t = 0; t <= block / dot_lanes; ++t) steps[t] = t * dot_lanes;
  for (std::int64_t k = 0; k < p.size.k; k += block) {
    const std::int64_t terms = std::min(block, p.size.k - k);
    run_dots(
        {.rows = rows.size(),
         .columns = columns.size(),
         .chunks = terms / dot_lanes,
         .a_offsets = steps,
         .b_offsets = steps,
         .tail = terms % dot_lanes,
         .a = p.a.data + rows.begin * p.a.stride + k,
         .a_row = p.a.stride,
         .b = p.b.data + columns.begin * p.b.stride + k,
         .b_row = p.b.stride,
         .bias = k == 0 && p.epilogue->bias != nullptr ? p.epilogue->bias + columns.begin : nullptr,
         .c = p.c + rows.begin * p.c_stride + columns.begin,
         .c_row = p.c_stride,
         .add = p.accumulate || k > 0,
         .floor = floor_at(p, k + terms)});
  }
  finish(p, rows, columns);
}

// A single row of sums: B is read as it lies, a few whole rows of it at a time. In the same blocks
// of k as everywhere, so that a row has the same bits wherever threads cut the rows.
void multiply_single(const Product& p, std::int64_t row, Span columns) {
  for (std::int64_t j = columns.begin; j < columns.end; j += RowJob::most_columns) {
    RowJob job{};
    job.columns = std::min(RowJob::most_columns, columns.end - j);
    job.a_step = p.a_term();
    job.b_row = p.b.stride;
    job.c = p.c + row * p.c_stride + j;
    std::int64_t k = 0;
    do {
      job.terms = std::min(block_k, p.size.k - k);
      job.a = p.a.data + row * p.a_row() + k * p.a_term();
      job.b = p.b.data + k * p.b.stride + j;
      job.bias = k == 0 && p.epilogue->bias != nullptr ? p.epilogue->bias + j : nullptr;
      job.add = p.accumulate || k > 0;
      job.floor = floor_at(p, k + job.terms);
      kernels::multiply_row(job);
      k += block_k;
    } while (k < p.size.k);
  }
  finish(p, {row, row + 1}, columns);
}

void multiply(const Product& p, Span rows, Span columns) {
  if (is_thin(p)) return multiply_thin(p, rows, columns);
  if (rows.size() == 1 && !p.b.transposed) return multiply_single(p, rows.begin, columns);
  if (packs_rows(p, rows, columns)) return multiply_packed(p, rows, columns);
  // Where there are several blocks of terms, columns of C whose sums stay near until the last one.
  const std::int64_t block_n = p.size.k <= block_k ? columns.size() : 64;
  for (std::int64_t j = columns.begin; j < columns.end; j += block_n) {
    const Span some{j, std::min(j + block_n, columns.end)};
    std::int64_t k = 0;
    do {  // once for k = 0 too: the epilogue of an empty sum
      const std::int64_t end = std::min(k + block_k, p.size.k);
      multiply_block(p, rows, some, {k, end}, nullptr);
      k = end;
    } while (k < p.size.k);
  }
}

// A deep product with few results is cut along k, into pieces that depend on the sizes alone: else
// there is too little to share out. The pieces' sums are added in their order.
constexpr std::int64_t least_depth = 1024;
constexpr std::int64_t most_pieces = 16;
constexpr std::int64_t most_results = 2048;

bool is_deep(const GemmSize& size) {
  return size.k >= 2 * least_depth && size.m * size.n <= most_results;
}

void multiply_deep(const Workers& workers, const Product& p) {
  alignas(64) float sums[most_pieces * most_results];
  constexpr std::int64_t unit = 16;
  const std::int64_t m = p.size.m, n = p.size.n, k_terms = p.size.k;
  const std::int64_t results = m * n;
  const std::int64_t pieces = std::min(most_pieces, k_terms / least_depth);
  const Epilogue none;
  workers.for_each(pieces, static_cast<double>(results) * least_depth / 8, [&](std::int64_t i) {
    // Pieces of whole registers, but for the last.
    const Span part = split((k_terms + unit - 1) / unit, pieces, i);
    Product piece = p;
    piece.size.k = std::min(part.end * unit, k_terms) - part.begin * unit;
    piece.a.data += part.begin * unit * (p.a.transposed ? p.a.stride : 1);
    piece.b.data += part.begin * unit * (p.b.transposed ? 1 : p.b.stride);
    piece.c = sums + i * p.size.m * p.size.n;
    piece.c_stride = p.size.n;
    piece.accumulate = false;
    piece.epilogue = &none;
    multiply(piece, {0, p.size.m}, {0, p.size.n});
  });
  const bool positive = p.epilogue->activation.kind == ActivationKind::relu;
  for (std::int64_t row = 0; row < m; ++row) {
    float* c = p.c + row * p.c_stride;
    for (std::int64_t j = 0; j < n; ++j) {
      float sum = p.epilogue->bias != nullptr ? p.epilogue->bias[j] : 0.0F;
      for (std::int64_t i = 0; i < pieces; ++i) sum += sums[i * results + row * n + j];
      if (p.accumulate) sum += c[j];
      c[j] = positive && sum <= 0 ? 0.0F : sum;
    }
    if (!positive) activate_span(p.epilogue->activation, n, c, c);
  }
}

// A column is a row of the transposed product, where registers lie along it.
void gemm_column(const Workers& workers, const GemmSize& size, const Operand& a, const Operand& b,
                 float* c, bool accumulate, const Epilogue& epilogue) {
  if (epilogue.bias != nullptr) std::fill_n(c, size.m, *epilogue.bias);
  gemm(workers, {1, size.m, size.k}, {b.data, b.stride, !b.transposed},
       {a.data, a.stride, !a.transposed}, c, size.m, accumulate || epilogue.bias != nullptr,
       {nullptr, epilogue.activation});
}

}  // namespace

void gemm(const Workers& workers, const GemmSize& size, const Operand& a, const Operand& b,
          float* c, std::int64_t c_stride, bool accumulate, const Epilogue& epilogue) {
  if (size.m == 0 || size.n == 0) return;
  constexpr std::int64_t short_row = 64;  // longer rows of A are better met by registers along k
  if (size.n == 1 && size.m > 1 && c_stride == 1 && (a.transposed || size.k < short_row)) {
    return gemm_column(workers, size, a, b, c, accumulate, epilogue);
  }
  Product product{size, a, b, c, c_stride, accumulate, &epilogue};
  // The elements of a column of stride 1 lie beside one another in either layout.
  if (size.n == 1 && b.stride == 1) product.b = {b.data, size.k, /*transposed=*/true};
  const float nothing = 0;  // operands of no terms may be null, which takes no offset
  if (size.k == 0) product.a = product.b = {&nothing, 1};
  if (is_deep(size)) return multiply_deep(workers, product);
  constexpr double flops_per_ns = 64;
  constexpr std::int64_t unit_cols = 64, unit_rows = 4;
  // Few rows wait for B to arrive, 80 bytes in a nanosecond.
  const double per_row = std::max(2 / flops_per_ns, 0.05 / static_cast<double>(size.m));
  const double work_per_element = per_row * static_cast<double>(size.k) + 0.5;
  // Each element's sum is the same wherever C is cut; whole panels and tiles keep the pieces full.
  const bool by_columns = size.n >= size.m;
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
