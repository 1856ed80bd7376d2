#include "core/kernels/dots.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/dots.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"
#include "core/kernels/tile.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR

// In the order of the other targets.
float dot_of(const DotJob& job, const float* a, const float* b) {
  float part[dot_lanes] = {};
  for (std::int64_t t = 0; t <= job.chunks; ++t) {
    const std::int64_t count = t < job.chunks ? dot_lanes : job.tail;
    for (std::int64_t l = 0; l < count; ++l) {
      part[l] += a[job.a_offsets[t] + l] * b[job.b_offsets[t] + l];
    }
  }
  for (std::int64_t half : {8, 4}) {
    for (std::int64_t l = 0; l < half; ++l) part[l] += part[l + half];
  }
  return (part[0] + part[2]) + (part[1] + part[3]);
}

void dots(const DotJob& job) {
  for (std::int64_t i = 0; i < job.rows; ++i) {
    for (std::int64_t j = 0; j < job.columns; ++j) {
      float v = dot_of(job, job.a + i * job.a_row, job.b + j * job.b_row);
      float& c = job.c[i * job.c_row + j];
      if (job.bias != nullptr) v += job.bias[j];
      if (job.add) v += c;
      c = v < job.floor ? job.floor : v;
    }
  }
}

#else

constexpr int vectors = static_cast<int>(dot_lanes) / lanes;  // of an element's sum

// Enough sums that none waits for its last term, of so many elements that their numbers stay in
// registers too.
constexpr int most_cols = HWY_TARGET == HWY_AVX3 ? 5 : HWY_TARGET == HWY_AVX2 ? 3 : 1;
constexpr int most_elements = 25;
constexpr int rows_of(int cols) {
  const int rows = (has_32_registers ? most_elements : 15 - cols) / (cols * vectors);
  constexpr int most[] = {8, 6, 6, 4, 5};  // more would gain less than their code is worth
  return std::min(rows, most[cols - 1]);
}

/// A sum's registers, added up to four numbers.
template <int n>
HWY_INLINE hn::Vec<FourTag> folded(const Floats* v) {
  if constexpr (n == 1) {
    return fold_to_four(v[0]);
  } else {
    Floats half[n / 2];
    unrolled<n / 2>([&](auto i) HWY_ATTR { half[i] = hn::Add(v[i], v[i + n / 2]); });
    return folded<n / 2>(half);
  }
}

// count rows' last terms, with zeros behind them.
HWY_NOINLINE void copy_tail(const DotJob& job, const float* from, std::int64_t row, int count,
                            float* HWY_RESTRICT to) {
  for (int v = 0; v < vectors; ++v) {
    const Partial part(job.tail - v * lanes);
    for (int i = 0; i < count; ++i) {
      hn::StoreU(part.load(from + i * row + v * lanes), FloatTag(), to + i * dot_lanes + v * lanes);
    }
  }
}

// Whether the elements of a tile of so many columns lie in C as they do there, one behind the
// other. Then the job's bias is repeated for all its rows.
bool is_flat(const DotJob& job, std::int64_t cols) { return job.c_row == cols; }

HWY_NOINLINE void write_all(const DotJob& job, std::int64_t first_row, std::int64_t first_col,
                            int rows, int cols, const float* dots) {
  const FloatTag d;
  const float* bias = job.bias == nullptr ? nullptr : job.bias + first_col;
  float* c = job.c + first_row * job.c_row + first_col;
  const auto write = [&](const auto& part) HWY_ATTR {
    Floats v = hn::Add(part.load(dots), bias == nullptr ? hn::Zero(d) : part.load(bias));
    if (job.add) v = hn::Add(v, part.load(c));
    part.store(at_least(hn::Set(d, job.floor), v), c);
  };
  if (is_flat(job, cols)) {
    cols *= rows;
    rows = 1;
    for (; cols > lanes; cols -= lanes, dots += lanes, c += lanes) {
      write(Whole());
      if (bias != nullptr) bias += lanes;
    }
  }
  for (int i = 0; i < rows; ++i, dots += cols, c += job.c_row) {
    if constexpr (stores_parts) {
      write(Partial(cols));
    } else {
      for (int j = 0; j < cols; ++j) {
        float v = dots[j] + (bias == nullptr ? 0.0F : bias[j]);
        if (job.add) v += c[j];
        c[j] = v < job.floor ? job.floor : v;
      }
    }
  }
}

/// The elements of C at rows x cols.
template <int rows, int cols>
HWY_NOINLINE void tile_of_dots(const DotJob& job, std::int64_t first_row, std::int64_t first_col) {
  const FloatTag d;
  const float* a = job.a + first_row * job.a_row;
  const float* b = job.b + first_col * job.b_row;
  Floats sum[rows * cols][vectors];
  unrolled<rows * cols>([&](auto q) HWY_ATTR {
    unrolled<vectors>([&](auto v) HWY_ATTR { sum[q][v] = hn::Zero(d); });
  });
  const auto add_chunk = [&](const float* x, std::int64_t a_row, const float* y, std::int64_t b_row,
                             const auto& part) HWY_ATTR __attribute__((always_inline)) {
    unrolled<vectors>([&](auto v) HWY_ATTR {
      Floats column[cols];
      unrolled<cols>([&](auto j) HWY_ATTR { column[j] = part.load(y + j * b_row + v * lanes); });
      unrolled<rows>([&](auto i) HWY_ATTR {
        const Floats row = part.load(x + i * a_row + v * lanes);
        unrolled<cols>([&](auto j) HWY_ATTR {
          sum[i * cols + j][v] = hn::MulAdd(row, column[j], sum[i * cols + j][v]);
        });
      });
    });
  };
  if constexpr (HWY_TARGET == HWY_AVX3 && cols == 1) {  // where copies would take longer than sums
    std::int64_t t = 0;
    for (; t < job.chunks; ++t) {
      add_chunk(a + job.a_offsets[t], job.a_row, b + job.b_offsets[t], job.b_row, Whole());
    }
    if (job.tail > 0) {
      const Partial last(job.tail);
      add_chunk(a + job.a_offsets[t], job.a_row, b + job.b_offsets[t], job.b_row, last);
    }
  } else {
    float a_tail[rows * dot_lanes], b_tail[cols * dot_lanes];
    if (job.tail > 0) {
      copy_tail(job, a + job.a_offsets[job.chunks], job.a_row, rows, a_tail);
      copy_tail(job, b + job.b_offsets[job.chunks], job.b_row, cols, b_tail);
    }
    const std::int64_t *a_offset = job.a_offsets, *b_offset = job.b_offsets;
    std::int64_t chunks = job.chunks, a_row = job.a_row, b_row = job.b_row;
    const std::int64_t in_copy = 0;  // where the last terms lie
    for (bool in_tail = false;; in_tail = true) {
      for (std::int64_t t = 0; t < chunks; ++t) {
        add_chunk(a + a_offset[t], a_row, b + b_offset[t], b_row, Whole());
      }
      if (in_tail || job.tail == 0) break;
      a = a_tail;
      b = b_tail;
      a_offset = b_offset = &in_copy;
      chunks = 1;
      a_row = b_row = dot_lanes;
    }
  }
  constexpr int fours = (rows * cols + 3) / 4;
  float total[4 * fours + 16];  // as many as a register may read
  unrolled<fours>([&](auto f) HWY_ATTR {
    hn::Vec<FourTag> four[4];
    unrolled<4>([&](auto q) HWY_ATTR {
      constexpr int at = 4 * f + q;
      four[q] = folded<vectors>(sum[at < rows * cols ? at : 0]);
    });
    hn::StoreU(sums_of_four(four), FourTag(), total + 4 * f);
  });
  write_all(job, first_row, first_col, rows, cols, total);
}

using TileOfDots = void (*)(const DotJob&, std::int64_t, std::int64_t);
template <int cols, int... i>
constexpr TileOfDots heights_of[] = {tile_of_dots<i + 1, cols>...};
template <int cols, int... i>
constexpr const TileOfDots* heights(std::integer_sequence<int, i...>) {
  return heights_of<cols, i...>;
}

template <int cols>
void columns_of_dots(const DotJob& job, std::int64_t first_col) {
  constexpr int tallest = rows_of(cols);
  const TileOfDots* of_height = heights<cols>(std::make_integer_sequence<int, tallest>{});
  const TileCut cut(job.rows, tallest);
  for (std::int64_t n = 0, row = 0; n < cut.count; ++n) {
    const std::int64_t height = cut.height_of(n);
    of_height[height - 1](job, row, first_col);
    row += height;
  }
}

template <int... i>
void dots_in(const DotJob& job, std::integer_sequence<int, i...>) {
  constexpr void (*of_width[])(const DotJob&, std::int64_t) = {columns_of_dots<i + 1>...};
  const TileCut cut(job.columns, most_cols);
  for (std::int64_t n = 0, col = 0; n < cut.count; ++n) {
    const std::int64_t cols = cut.height_of(n);
    of_width[cols - 1](job, col);
    col += cols;
  }
}

void dots(const DotJob& job) {
  DotJob repeated = job;
  float bias[most_elements];
  if (job.bias != nullptr && job.columns <= most_cols && is_flat(job, job.columns)) {
    for (std::int64_t i = 0; i < most_elements; ++i) bias[i] = job.bias[i % job.columns];
    repeated.bias = bias;
  }
  dots_in(repeated, std::make_integer_sequence<int, most_cols>{});
}

#endif

}  // namespace

void dots_of_target(const DotJob& job) { dots(job); }

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(dots_of_target);

void run_dots(const DotJob& job) { HWY_DYNAMIC_DISPATCH(dots_of_target)(job); }

}  // namespace minnow::kernels
#endif  // HWY_ONCE
