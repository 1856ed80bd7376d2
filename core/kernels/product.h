#pragma once

#include <algorithm>
#include <cstdint>

#include "../parallel.h"
#include "gemm.h"
#include "pack.h"
#include "spans.h"
#include "tile.h"

// Internal to core/kernels: what gemm's ways to a product have in common.
namespace minnow::kernels {

/// C = epilogue(A B), as gemm was asked.
struct Product {
  GemmSize size;
  Operand a, b;
  float* c;
  std::int64_t c_stride;
  bool accumulate;
  const Epilogue* epilogue;

  std::int64_t a_row() const { return a.transposed ? 1 : a.stride; }
  std::int64_t a_term() const { return a.transposed ? a.stride : 1; }
  const float* a_at(std::int64_t row, std::int64_t term) const {
    return a.data + row * a_row() + term * a_term();
  }
};

constexpr std::int64_t block_k = 512;          // terms of a sum in registers, at most
constexpr std::int64_t many_rows = 257;        // for which a panel of B is worth a copy
constexpr std::int64_t page = 1024;            // numbers; whole pages apart, a cache has few places
constexpr std::int64_t terms_of_piece = 1024;  // at least, where a sum is cut for threads
constexpr std::int64_t most_turned_terms = 256;  // where A's columns are turned into rows

// The terms come in blocks of about one size, of whole cache lines; one where there are none. A
// panel of B that is turned for few rows is to be found in the first cache then; where A is turned,
// which is done again for each block of B, blocks of fewer terms have more columns.
inline std::int64_t blocks_of_terms(const Product& p) {
  const std::int64_t most = p.a.transposed                           ? most_turned_terms
                            : p.b.transposed && p.size.m < many_rows ? 384
                                                                     : block_k;
  return std::max<std::int64_t>(1, (p.size.k + most - 1) / most);
}
inline Span block_of_terms(const Product& p, std::int64_t i) {
  constexpr std::int64_t line = 16;
  const Span part = split((p.size.k + line - 1) / line, blocks_of_terms(p), i);
  return {part.begin * line, std::min(part.end * line, p.size.k)};
}

// f(part) for parts of about one size, of at most so many rows.
template <class F>
void for_parts(Span rows, std::int64_t most, const F& f) {
  const std::int64_t parts = (rows.size() + most - 1) / most;
  for (std::int64_t i = 0; i < parts; ++i) {
    const Span part = split(rows.size(), parts, i);
    f(Span{rows.begin + part.begin, rows.begin + part.end});
  }
}

// Where the terms of a block lie in A.
struct Steps {
  std::int64_t of[block_k];
  Steps(std::int64_t terms, std::int64_t step) {
    for (std::int64_t p = 0; p < terms; ++p) of[p] = p * step;
  }
};

// The activations that tiles do not apply on their way out, and derivatives.
inline void finish(const Product& p, Span rows, Span columns) {
  float* c = p.c + rows.begin * p.c_stride + columns.begin;
  // Whole rows beside one another are one.
  const bool whole = columns.size() == p.c_stride;
  const std::int64_t numbers = columns.size() * (whole ? rows.size() : 1);
  const std::int64_t some = whole ? std::min<std::int64_t>(rows.size(), 1) : rows.size();
  if (p.epilogue->derivative != nullptr) {
    return apply_derivative(*p.epilogue->derivative, some, numbers, p.c_stride, p.c, c);
  }
  const ActivationKind kind = p.epilogue->activation.kind;
  if (kind == ActivationKind::linear || kind == ActivationKind::relu) return;
  for (std::int64_t i = 0; i < some; ++i, c += p.c_stride) {
    activate_span(p.epilogue->activation, numbers, c, c);
  }
}

// What finishes the block of terms that ends at `end`: relu, or nothing.
inline float floor_at(const Product& p, std::int64_t end) {
  const bool positive = end == p.size.k && p.epilogue->activation.kind == ActivationKind::relu;
  return positive ? 0.0F : no_floor;
}

// What the sums of the columns from `column` on start with in the block of terms from `term` on:
// the bias in the first one, else nothing.
inline const float* bias_at(const Product& p, std::int64_t term, std::int64_t column) {
  return term == 0 && p.epilogue->bias != nullptr ? p.epilogue->bias + column : nullptr;
}

// Whether B, or an A whose terms lie as B's, does not stay near from one product to the next.
inline bool comes_from_afar(const GemmSize& size, const Operand& operand) {
  constexpr std::int64_t near = 1 << 18;  // numbers
  return size.k * operand.stride > near;
}

// How far ahead B is asked for where it comes from afar: along its rows if there are few of them,
// whose pages are found already, else as many rows as can be on their way.
inline std::int64_t ahead_in(const Product& p) {
  constexpr std::int64_t few_rows = 128, numbers = 128, rows = 8;
  return p.size.k <= few_rows ? numbers : rows * p.b.stride;
}

// What the tiles of a block of terms have in common.
inline TileJob job_of(const Product& p, Span k, const Steps& steps) {
  TileJob job{};
  job.terms = k.size();
  job.offsets = steps.of;
  job.fours = !p.a.transposed;
  job.c_row = p.c_stride;
  job.add = p.accumulate || k.begin > 0;
  job.floor = floor_at(p, k.end);
  job.ahead = ahead_in(p);
  set_rows(job, p.a_row());
  return job;
}

// Columns of A turned into rows: as they lie, each of a tile's terms would be met in a page of its
// own.
class TurnedRows {
 public:
  static constexpr std::int64_t most = 60;  // rows

  // Makes them the job's, whose terms lie 1 apart.
  void turn(const Product& p, Span rows, Span terms, TileJob& job) {
    const std::int64_t row = terms.size() + apart;
    pack_columns(p.a, rows, terms.begin, terms.size(), row, numbers_);
    set_rows(job, row);
    job.a = numbers_;
    job.fours = true;
  }

 private:
  static constexpr std::int64_t apart = 16;  // numbers between them: no pages, either
  alignas(64) float numbers_[most * (most_turned_terms + apart)];
};

}  // namespace minnow::kernels
