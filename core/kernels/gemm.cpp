#include "core/kernels/gemm.h"

#include <algorithm>

#include "core/kernels/spans.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

namespace minnow::kernels {
namespace {

// B is packed block by block into panels of 8 (the last of 4 or 8) columns, so that the inner loop
// reads it in a row whatever its layout; A is read where it lies, in either layout.
constexpr std::int64_t block_k = 256;
constexpr std::int64_t block_n = 64;
constexpr std::int64_t panel = 8;
constexpr std::int64_t tile_rows = 4;
// With so few rows a panel is used too rarely to be worth packing.
constexpr std::int64_t few_rows = 8;

struct Product {
  GemmSize size;
  Operand a, b;
  float* c;
  std::int64_t c_stride;
  bool accumulate;
  const Epilogue* epilogue;
};

struct Range {
  std::int64_t begin, end;
  std::int64_t size() const { return end - begin; }
};

std::int64_t panel_width(std::int64_t columns_left) { return columns_left > 4 ? 8 : 4; }

// out[p][j] = B[k.begin + p][first + j], zero beyond the block's last column.
void pack_panel(const Operand& b, Range k, std::int64_t first, std::int64_t columns,
                std::int64_t width, float* __restrict out) {
  const std::int64_t used = std::min(columns, width);
  if (b.transposed) {
    for (std::int64_t j = 0; j < used; ++j) {
      const float* __restrict from = b.data + (first + j) * b.stride + k.begin;
      for (std::int64_t p = 0; p < k.size(); ++p) out[p * width + j] = from[p];
    }
  } else {
    for (std::int64_t p = 0; p < k.size(); ++p) {
      const float* __restrict from = b.data + (k.begin + p) * b.stride + first;
      for (std::int64_t j = 0; j < used; ++j) out[p * width + j] = from[j];
    }
  }
  for (std::int64_t p = 0; used < width && p < k.size(); ++p) {
    for (std::int64_t j = used; j < width; ++j) out[p * width + j] = 0.0F;
  }
}

// One block's share of a tile of C.
struct TileJob {
  std::int64_t k;
  const float* a;
  std::int64_t a_row_step, a_k_step;
  const float* b;
  std::int64_t b_step;
  const float* bias;  // null, or at the tile's first column
  float* c;
  std::int64_t c_stride;
  std::int64_t width;  // columns that exist
  bool add, positive;
};

template <int rows, int cols>
void run_tile(const TileJob& job) {
  const bool whole = job.width >= cols;
  float bias[cols] = {};
  const float* start = job.bias;
  if (start != nullptr && !whole) {
    std::copy_n(job.bias, job.width, bias);
    start = bias;
  }
  Tile<rows, cols> tile(start);
  tile.multiply(job.k, job.a, job.a_row_step, job.a_k_step, job.b, job.b_step);
  if (whole) {
    tile.write(job.c, job.c_stride, job.add, job.positive);
  } else {
    tile.write_part(job.c, job.c_stride, static_cast<int>(job.width), job.add, job.positive);
  }
}

template <int rows>
void run_tile(const TileJob& job) {
  if (panel_width(job.width) == panel) {
    run_tile<rows, 8>(job);
  } else {
    run_tile<rows, 4>(job);
  }
}

void run_tile(std::int64_t rows, const TileJob& job) {
  switch (rows) {
    case 4:
      return run_tile<4>(job);
    case 3:
      return run_tile<3>(job);
    case 2:
      return run_tile<2>(job);
    default:
      return run_tile<1>(job);
  }
}

// The tiles of C in rows x columns (at most block_n wide), and what the terms in k add to them.
void multiply_block(const Product& p, Range rows, Range columns, Range k) {
  alignas(64) float packed[block_k * block_n];
  const bool in_place = !p.b.transposed && rows.size() <= few_rows;
  const auto reads_in_place = [&](std::int64_t j) { return in_place && columns.end - j >= panel; };
  for (std::int64_t j = columns.begin; j < columns.end; j += panel) {
    if (reads_in_place(j)) continue;
    pack_panel(p.b, k, j, columns.end - j, panel_width(columns.end - j),
               packed + (j - columns.begin) * k.size());
  }
  const bool first = k.begin == 0, last = k.end == p.size.k;
  const ActivationKind kind = p.epilogue->activation.kind;
  TileJob job;
  job.k = k.size();
  job.a_row_step = p.a.transposed ? 1 : p.a.stride;
  job.a_k_step = p.a.transposed ? p.a.stride : 1;
  job.c_stride = p.c_stride;
  job.add = p.accumulate || !first;
  job.positive = last && kind == ActivationKind::relu;
  for (std::int64_t i = rows.begin; i < rows.end; i += tile_rows) {
    const std::int64_t height = std::min(tile_rows, rows.end - i);
    job.a = p.a.data + i * job.a_row_step + k.begin * job.a_k_step;
    for (std::int64_t j = columns.begin; j < columns.end; j += panel) {
      job.width = columns.end - j;
      if (reads_in_place(j)) {
        job.b = p.b.data + k.begin * p.b.stride + j;
        job.b_step = p.b.stride;
      } else {
        job.b = packed + (j - columns.begin) * k.size();
        job.b_step = panel_width(job.width);
      }
      job.bias = first && p.epilogue->bias != nullptr ? p.epilogue->bias + j : nullptr;
      job.c = p.c + i * p.c_stride + j;
      run_tile(height, job);
    }
    if (!last || kind == ActivationKind::linear || kind == ActivationKind::relu) continue;
    for (std::int64_t row = i; row < i + height; ++row) {
      float* c = p.c + row * p.c_stride + columns.begin;
      activate_span(p.epilogue->activation, columns.size(), c, c);
    }
  }
}

void multiply(const Product& p, Range rows, Range columns) {
  for (std::int64_t j = columns.begin; j < columns.end; j += block_n) {
    const Range some{j, std::min(j + block_n, columns.end)};
    std::int64_t k = 0;
    do {  // once for k = 0 too: the epilogue of an empty sum
      const std::int64_t end = std::min(k + block_k, p.size.k);
      multiply_block(p, rows, some, {k, end});
      k = end;
    } while (k < p.size.k);
  }
}

}  // namespace

void gemm(const Workers& workers, const GemmSize& size, const Operand& a, const Operand& b,
          float* c, std::int64_t c_stride, bool accumulate, const Epilogue& epilogue) {
  const Product product{size, a, b, c, c_stride, accumulate, &epilogue};
  constexpr double flops_per_ns = 16;
  const double work_per_element = 2 * static_cast<double>(size.k) / flops_per_ns + 0.5;
  // Each element's sum is the same wherever C is cut; whole panels and tiles keep the pieces full.
  const bool by_columns = size.n >= size.m;
  const std::int64_t unit = by_columns ? 2 * panel : tile_rows;
  const std::int64_t length = by_columns ? size.n : size.m;
  const std::int64_t breadth = by_columns ? size.m : size.n;
  if (breadth == 0) return;
  workers.for_range((length + unit - 1) / unit,
                    work_per_element * static_cast<double>(unit * breadth),
                    [&](std::int64_t begin, std::int64_t end) {
                      const Range part{begin * unit, std::min(end * unit, length)};
                      if (by_columns) {
                        multiply(product, {0, size.m}, part);
                      } else {
                        multiply(product, part, {0, size.n});
                      }
                    });
}

}  // namespace minnow::kernels
