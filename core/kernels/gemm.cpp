#include "core/kernels/gemm.h"

#include <hwy/cache_control.h>

#include <algorithm>

#include "core/kernels/gemm_parts.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/gemm.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/dots-inl.h"
#include "core/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// B is packed panel by panel of up to most_cols columns, so that the inner loop reads it in a row
// whatever its layout; A is read where it lies, in either layout, unless many panels use it.
constexpr std::int64_t block_k = 256;
constexpr std::int64_t block_n = 64;
constexpr std::int64_t block_m = 288;  // rows of A that are packed
// With so few rows a panel is used once, and not worth packing.
constexpr std::int64_t few_rows = most_rows;

#if HWY_TARGET != HWY_SCALAR
// out[p][0..3] = from[0..3][p] for four p, rows of `out` being `width` apart.
HWY_INLINE void transpose_4x4(const float* from, std::int64_t stride, std::int64_t width,
                              float* HWY_RESTRICT out) {
  const hn::FixedTag<float, 4> d;
  const auto a = hn::LoadU(d, from), b = hn::LoadU(d, from + stride);
  const auto c = hn::LoadU(d, from + 2 * stride), e = hn::LoadU(d, from + 3 * stride);
  const auto ab = hn::InterleaveLower(d, a, b), ce = hn::InterleaveLower(d, c, e);
  const auto ab_upper = hn::InterleaveUpper(d, a, b), ce_upper = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, ce, ab), d, out);
  hn::StoreU(hn::ConcatUpperUpper(d, ce, ab), d, out + width);
  hn::StoreU(hn::ConcatLowerLower(d, ce_upper, ab_upper), d, out + 2 * width);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_upper, ab_upper), d, out + 3 * width);
}
#endif

// out[p][j] = B[k.begin + p][first + j] for the columns that exist; what stands in the others does
// not matter, as their sums are not written.
void pack_panel(const Operand& b, Span k, std::int64_t first, std::int64_t columns, int width,
                float* HWY_RESTRICT out) {
  const std::int64_t used = std::min<std::int64_t>(columns, width);
  if (!b.transposed && used == most_cols && width == most_cols) {
    const hn::ScalableTag<float> d;
    constexpr std::int64_t ahead = 8;  // rows lie in pages of their own, which no hardware foresees
    for (std::int64_t p = 0; p < k.size(); ++p) {
      const float* from = b.data + (k.begin + p) * b.stride + first;
      if (p + ahead < k.size()) {
        hwy::Prefetch(from + ahead * b.stride);
        hwy::Prefetch(from + ahead * b.stride + lanes);
      }
      unrolled<2>([&](auto j) HWY_ATTR {
        hn::StoreU(hn::LoadU(d, from + j * lanes), d, out + p * most_cols + j * lanes);
      });
    }
    return;
  }
  if (!b.transposed) {
    for (std::int64_t p = 0; p < k.size(); ++p) {
      const float* HWY_RESTRICT from = b.data + (k.begin + p) * b.stride + first;
      for (std::int64_t j = 0; j < used; ++j) out[p * width + j] = from[j];
    }
    return;
  }
  std::int64_t fours = 0, wholes = 0;  // columns and terms that whole 4 x 4 blocks cover
#if HWY_TARGET != HWY_SCALAR
  fours = used / 4 * 4;
  wholes = k.size() / 4 * 4;
  for (std::int64_t j = 0; j < fours; j += 4) {
    const float* from = b.data + (first + j) * b.stride + k.begin;
    for (std::int64_t p = 0; p < wholes; p += 4) {
      transpose_4x4(from + p, b.stride, width, out + p * width + j);
    }
  }
#endif
  for (std::int64_t j = 0; j < used; ++j) {
    const float* HWY_RESTRICT from = b.data + (first + j) * b.stride + k.begin;
    for (std::int64_t p = j < fours ? wholes : 0; p < k.size(); ++p) out[p * width + j] = from[p];
  }
}

// One block's share of a row of tiles of C.
struct TileJob {
  std::int64_t k;
  const float* a;
  std::int64_t a_row_step, a_k_step;
  const float* b;
  std::int64_t b_step;
  std::int64_t k_tail;  // terms after those, with B packed
  const float* b_tail;
  const float* bias;  // null, or at the tile's first column
  float* c;
  std::int64_t c_stride;
  std::int64_t existing;  // columns that exist
  bool add, positive;
};

template <int rows, int cols>
HWY_NOINLINE void run_tile(const TileJob& job) {
  Tile<rows, cols> tile(job.bias, job.existing);
  if (job.k > 0) {
    tile.multiply({1, job.k, 0, job.a_k_step, 0, job.b_step}, job.a, job.a_row_step, job.b);
  }
  if (job.k_tail > 0) {
    tile.multiply({1, job.k_tail, 0, job.a_k_step, 0, cols}, job.a + job.k * job.a_k_step,
                  job.a_row_step, job.b_tail);
  }
  tile.write(job.c, job.c_stride, job.existing, job.add, job.positive);
}

// Whether a panel's `left` columns are read where they lie. Packing pays where many rows use the
// panel or where it is spread over more memory than is near.
HWY_INLINE bool reads_in_place(const Product& p, std::int64_t rows, std::int64_t left, int width) {
  constexpr std::int64_t few_terms = 16;  // are near after the first tile without being packed
  if (p.b.transposed) return false;
  if (left >= width) return rows <= few_rows || p.size.k <= few_terms;
  return rows <= 64 || p.b.stride <= 2 * width;
}

// Of the k terms, those whose row of the panel is too near to B's end to be read in whole
// registers.
HWY_INLINE std::int64_t tail_terms(const Product& p, Span k, std::int64_t left, int width) {
  const std::int64_t near = rows_near_end(width, left, p.b.stride);
  return std::clamp(k.end - (p.size.k - near), std::int64_t{0}, k.size());
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

// A as pack_rows leaves it: tile by tile, the rows of each beside one another.
void pack_rows(const Product& p, Span rows, Span k, float* HWY_RESTRICT out) {
  const Operand turned{p.a.data, p.a.stride, !p.a.transposed};
  for_tile_rows(rows.begin, rows.end, [&](auto height, std::int64_t i) {
    pack_panel(turned, k, i, height, height, out + (i - rows.begin) * k.size());
  });
}

// The tiles of C in rows x columns, and what the terms in k add to them. `packed_a` is null or what
// pack_rows made of these rows.
void multiply_block(const Product& p, Span rows, Span columns, Span k, const float* packed_a) {
  alignas(64) float packed[block_k * most_cols];
  const bool first = k.begin == 0, last = k.end == p.size.k;
  TileJob job{};
  job.a_row_step = p.a.transposed ? 1 : p.a.stride;
  job.a_k_step = p.a.transposed ? p.a.stride : 1;
  job.c_stride = p.c_stride;
  job.add = p.accumulate || !first;
  job.positive = last && p.epilogue->activation.kind == ActivationKind::relu;
  for (std::int64_t j = columns.begin; j < columns.end; j += most_cols) {
    const std::int64_t left = columns.end - j;
    const int width = tile_width(left);
    job.existing = std::min<std::int64_t>(left, width);
    if (reads_in_place(p, rows.size(), left, width)) {
      job.k_tail = tail_terms(p, k, left, width);
      job.b = p.b.data + k.begin * p.b.stride + j;
      job.b_step = p.b.stride;
    } else {
      job.k_tail = k.size();
    }
    job.k = k.size() - job.k_tail;
    job.b_tail = packed;
    pack_panel(p.b, {k.end - job.k_tail, k.end}, j, left, width, packed);
    job.bias = first && p.epilogue->bias != nullptr ? p.epilogue->bias + j : nullptr;
    with_width(width, [&](auto cols) HWY_ATTR {
      for_tile_rows(rows.begin, rows.end, [&](auto height, std::int64_t i) HWY_ATTR {
        if (packed_a == nullptr) {
          job.a = p.a.data + i * job.a_row_step + k.begin * job.a_k_step;
        } else {
          job.a = packed_a + (i - rows.begin) * k.size();
          job.a_row_step = 1;
          job.a_k_step = height;
        }
        job.c = p.c + i * p.c_stride + j;
        run_tile<height, cols>(job);
      });
    });
  }
  if (last) finish(p, rows, columns);
}

// Packing A pays where many panels of B meet it.
bool packs_rows(const Product& p, Span rows, Span columns) {
  return columns.size() >= 256 && rows.size() >= 96 && p.size.k >= 128;
}

void multiply_packed(const Product& p, Span rows, Span columns) {
  alignas(64) float packed[block_m * block_k];
  for (std::int64_t i = rows.begin; i < rows.end; i += block_m) {
    const Span some{i, std::min(i + block_m, rows.end)};
    for (std::int64_t k = 0; k < p.size.k; k += block_k) {
      const Span terms{k, std::min(k + block_k, p.size.k)};
      pack_rows(p, some, terms, packed);
      multiply_block(p, some, columns, terms, packed);
    }
  }
}

#if HWY_TARGET != HWY_SCALAR
// Whether registers along k serve a product best: few columns, and operands that lie so.
bool is_thin(const Product& p) {
  return p.size.n < 16 && p.size.k >= 64 && !p.a.transposed && p.b.transposed;
}

void multiply_thin(const Product& p, Span rows, Span columns) {
  constexpr std::int64_t block = 2048;  // terms of B that stay near while all rows use them
  const bool relu = p.epilogue->activation.kind == ActivationKind::relu;
  for (std::int64_t k = 0; k < p.size.k; k += block) {
    const bool last = k + block >= p.size.k;
    DotJob job{};
    job.k = std::min(block, p.size.k - k);
    job.n = columns.size();
    job.a_step = p.a.stride;
    job.b = p.b.data + columns.begin * p.b.stride + k;
    job.b_step = p.b.stride;
    job.bias = k == 0 && p.epilogue->bias != nullptr ? p.epilogue->bias + columns.begin : nullptr;
    job.c_step = p.c_stride;
    job.add = p.accumulate || k > 0;
    job.positive = last && relu;
    for (std::int64_t i = rows.begin; i < rows.end;) {
      const bool whole = rows.end - i >= dot_rows;
      job.a = p.a.data + i * p.a.stride + k;
      job.c = p.c + i * p.c_stride + columns.begin;
      if (whole) {
        dot_rows_of<dot_rows>(job);
      } else {
        dot_rows_of<1>(job);
      }
      i += whole ? dot_rows : 1;
    }
  }
  finish(p, rows, columns);
}
#endif

// sums[j] += sum over p < `terms` of a[p a_step] b[p b_step + j], four terms in a pass.
HWY_NOINLINE void add_rows(std::int64_t terms, const float* a, std::int64_t a_step, const float* b,
                           std::int64_t b_step, std::int64_t columns, float* HWY_RESTRICT sums) {
  const hn::ScalableTag<float> d;
  const auto pass = [&](auto count, std::int64_t p) HWY_ATTR {
    Floats x[count];
    const float* rows[count];
    unrolled<count>([&](auto q) HWY_ATTR {
      x[q] = hn::Set(d, a[(p + q) * a_step]);
      rows[q] = b + (p + q) * b_step;
    });
    for (std::int64_t j = 0; j < columns; j += lanes) {
      Floats sum = hn::Load(d, sums + j);
      unrolled<count>([&](auto q)
                          HWY_ATTR { sum = hn::MulAdd(x[q], hn::LoadU(d, rows[q] + j), sum); });
      hn::Store(sum, d, sums + j);
    }
  };
  std::int64_t p = 0;
  for (; p + 4 <= terms; p += 4) pass(Int<4>{}, p);
  for (; p < terms; ++p) pass(Int<1>{}, p);
}

// A single row of sums: B is read as it lies, a few whole rows of it at a time. In the same blocks
// of k as everywhere, so that a row has the same bits wherever threads cut the rows. Returns the
// columns that it left.
Span multiply_row(const Product& p, std::int64_t row, Span columns) {
  constexpr std::int64_t most_columns = 1024;
  const std::int64_t end = columns.begin + columns.size() / lanes * lanes;
  const std::int64_t a_step = p.a.transposed ? p.a.stride : 1;
  const float* a = p.a.data + row * (p.a.transposed ? 1 : p.a.stride);
  const hn::ScalableTag<float> d;
  alignas(64) float sums[most_columns];
  for (std::int64_t j = columns.begin; j < end; j += most_columns) {
    const std::int64_t count = std::min(most_columns, end - j);
    float* c = p.c + row * p.c_stride + j;
    std::int64_t k = 0;
    do {
      const bool first = k == 0, last = k + block_k >= p.size.k;
      if (first && p.epilogue->bias != nullptr) {
        std::copy_n(p.epilogue->bias + j, count, sums);
      } else {
        std::fill_n(sums, count, 0.0F);
      }
      add_rows(std::min(block_k, p.size.k - k), a + k * a_step, a_step,
               p.b.data + k * p.b.stride + j, p.b.stride, count, sums);
      const bool add = p.accumulate || !first;
      const bool positive = last && p.epilogue->activation.kind == ActivationKind::relu;
      for (std::int64_t i = 0; i < count; i += lanes) {
        Floats v = hn::Load(d, sums + i);
        if (add) v = hn::Add(hn::LoadU(d, c + i), v);
        hn::StoreU(positive ? relu(v) : v, d, c + i);
      }
      k += block_k;
    } while (k < p.size.k);
  }
  finish(p, {row, row + 1}, {columns.begin, end});
  return {end, columns.end};
}

}  // namespace

void multiply(const Product& p, Span rows, Span columns) {
#if HWY_TARGET != HWY_SCALAR
  if (is_thin(p)) return multiply_thin(p, rows, columns);
#endif
  if (rows.size() == 1 && !p.b.transposed) columns = multiply_row(p, rows.begin, columns);
  if (packs_rows(p, rows, columns)) return multiply_packed(p, rows, columns);
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

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(multiply);

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
    HWY_DYNAMIC_DISPATCH(multiply)(piece, {0, p.size.m}, {0, p.size.n});
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
                        HWY_DYNAMIC_DISPATCH(multiply)(product, {0, size.m}, part);
                      } else {
                        HWY_DYNAMIC_DISPATCH(multiply)(product, part, {0, size.n});
                      }
                    });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
