#include "core/kernels/tile.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/tile.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/cache_control.h>

#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// The tallest tiles, of one and of two registers' width: with 32 registers 28 sums, their row of B
// and one number of A. Scalar code is there to run at all, and stays small.
constexpr int tallest_narrow = has_32_registers           ? 15
                               : HWY_TARGET == HWY_AVX2   ? 9
                               : HWY_TARGET == HWY_SCALAR ? 3
                                                          : 6;
constexpr int tallest = has_32_registers ? 14 : HWY_TARGET == HWY_SCALAR ? 3 : 6;
static_assert(tallest_narrow <= 3 * TileJob::most_groups);

/// What a tile writes where instructions cannot store a part of a register.
HWY_NOINLINE void write_part(const float* sums, int width, int rows, const TileJob& job,
                             float* HWY_RESTRICT c) {
  const FloatTag d;
  const Floats floor = hn::Set(d, job.floor);
  const std::int64_t whole = job.columns / lanes * lanes;
  const Partial part(job.columns - whole);
  for (int i = 0; i < rows; ++i, sums += width, c += job.c_row) {
    for (std::int64_t j = 0; j < whole; j += lanes) {
      Floats v = hn::Load(d, sums + j);
      if (job.add) v = hn::Add(hn::LoadU(d, c + j), v);
      hn::StoreU(at_least(floor, v), d, c + j);
    }
    if (part.count == 0) continue;
    Floats v = hn::Load(d, sums + whole);
    if (job.add) v = hn::Add(part.load(c + whole), v);
    store_first(at_least(floor, v), part.count, c + whole);
  }
}

/// Whether four terms lie side by side in A.
[[maybe_unused]] HWY_INLINE bool side_by_side(const std::int64_t* offset) {
  return offset[1] == offset[0] + 1 && offset[2] == offset[0] + 2 && offset[3] == offset[0] + 3;
}

// What a tile does with B besides: it asks for it early, or does so and copies it.
enum class Deed { none, asks, copies };

template <int rows, int vectors, Deed deed = Deed::none>
void tile(const TileJob& job) {
  constexpr bool copies = deed == Deed::copies;
  constexpr int last = vectors - 1;
  constexpr bool whole = vectors == 3 || deed != Deed::none;  // no columns are missing
  // Multiply-adds of one register's width read A themselves. Their address should be a pointer and
  // a number in the instruction: with an index Intel's processors make two of one instruction.
  constexpr bool reads_a = HWY_TARGET == HWY_AVX3 && vectors == 1;
  // With 16 registers the twelve sums of the usual tile, its row of B and a number of A take all.
  constexpr bool takes_all = HWY_TARGET == HWY_AVX2 && vectors == 3 && rows == 4;
  // Four terms at a time, of whole registers: a load of a part takes the place of a multiply-add in
  // Intel's processors, and so does what counts and finds addresses. With 16 registers g++ keeps
  // the sums in them at that size only.
  constexpr bool unrolls = !copies && !reads_a && (HWY_TARGET == HWY_AVX3 || takes_all);
  // Tiles of many sums gain from finding four terms at a time in A, where they lie side by side.
  constexpr bool high = vectors > 2 || rows > 12;
  // Rows of A that have a pointer of their own need no sum for their address.
  constexpr int step = HWY_TARGET == HWY_AVX2 && rows <= 6 ? 1 : 3,
                pointers = (rows + step - 1) / step;
  const FloatTag d;
  const Partial part(job.columns - last * lanes);
  const auto load = [&](auto j, const float* from) HWY_ATTR {
    if constexpr (j == last && !whole) {
      return part.load(from + j * lanes);
    } else {
      return hn::LoadU(d, from + j * lanes);
    }
  };
  const bool all_columns = job.columns == vectors * lanes;
  const float* a = job.a;
  float* c = job.c;
  [[maybe_unused]] float* copy = job.copy;
  [[maybe_unused]] const std::int64_t ahead = job.ahead;
  std::int64_t column = 0;
  for (std::int64_t n = 0; n < job.tiles; ++n) {
    Floats sum[rows][vectors];
    unrolled<vectors>([&](auto j) HWY_ATTR {
      const Floats start = job.bias == nullptr ? hn::Zero(d) : load(j, job.bias + column);
      unrolled<rows>([&](auto i) HWY_ATTR { sum[i][j] = start; });
    });
    const std::int64_t a_row = job.a_row, b_row = job.b_row;
    const float* row[pointers];
    unrolled<pointers>(
        [&](auto p) HWY_ATTR { row[p] = a + job.groups[p * step / 3] + p * step % 3 * a_row; });
    const float* b = job.b + column;
    in_memory(a);  // until the next tile
    in_memory(c);
    in_memory(column);
    in_memory(n);
    const auto add_term = [&](auto whole_b, std::int64_t at, auto next) HWY_ATTR
        __attribute__((always_inline)) {
      Floats y[vectors];
      unrolled<vectors>([&](auto j) HWY_ATTR {
        y[j] = whole_b ? hn::LoadU(d, b + j * lanes) : load(j, b);
        if constexpr (HWY_TARGET == HWY_AVX3 && (whole_b || copies)) y[j] = in_register(y[j]);
        if constexpr (deed != Deed::none) hwy::Prefetch(b + ahead + j * lanes);
        if constexpr (copies) hn::StoreU(y[j], d, copy + j * lanes);
      });
      if constexpr (copies) copy += job.copy_row;
      b = alone(b + b_row);
      unrolled<rows>([&](auto i) HWY_ATTR __attribute__((always_inline)) {
        const Floats x = hn::Set(d, row[i / step][i % step * a_row + at + next]);
        unrolled<vectors>([&](auto j) HWY_ATTR __attribute__((always_inline)) {
          sum[i][j] = hn::MulAdd(x, y[j], sum[i][j]);
          if constexpr (takes_all) sum[i][j] = in_register(sum[i][j]);
        });
      });
    };
    // A term of rows that lie side by side in A.
    [[maybe_unused]] const auto add_column = [&](std::int64_t at) HWY_ATTR
        __attribute__((always_inline)) {
      const Floats y = hn::LoadU(d, b);
      b += b_row;
      const float* here[pointers];
      unrolled<pointers>([&](auto p) HWY_ATTR { here[p] = alone(row[p] + at); });
      unrolled<rows>([&](auto i) HWY_ATTR {
        sum[i][0] = hn::MulAdd(hn::Set(d, here[i / step][i % step]), y, sum[i][0]);
      });
    };
    // Four terms that lie side by side.
    [[maybe_unused]] const auto add_four = [&](std::int64_t at) HWY_ATTR
        __attribute__((always_inline)) {
      Floats y[4];
      unrolled<4>([&](auto q) HWY_ATTR { y[q] = hn::LoadU(d, b + q * b_row); });
      b += 4 * b_row;
      unrolled<pointers>([&](auto p) HWY_ATTR {
        constexpr int some = std::min(step, rows - p * step);
        const float* here[some];
        unrolled<some>([&](auto i) HWY_ATTR { here[i] = alone(row[p] + i * a_row + at); });
        unrolled<4>([&](auto q) HWY_ATTR {
          unrolled<some>([&](auto i) HWY_ATTR {
            Floats& to = sum[p * step + i][0];
            to = hn::MulAdd(hn::Set(d, here[i][q]), y[q], to);
          });
        });
      });
    };
    const std::int64_t* offset = job.offsets;
    const std::int64_t* const end = offset + job.terms;
    [[maybe_unused]] const std::int64_t* const whole_end =
        offset + (all_columns ? job.terms : job.whole);
    if constexpr (reads_a) {
      for (; a_row == 1 && offset + 4 <= whole_end; offset += 4) {
        add_column(offset[0]);
        add_column(offset[1]);
        add_column(offset[2]);
        add_column(offset[3]);
      }
      while (offset != end) {
        if (offset + 4 <= whole_end && (job.fours || side_by_side(offset))) {
          add_four(*offset);
          offset += 4;
        } else {
          add_term(std::false_type(), *offset++, Int<0>{});
        }
      }
    } else {
      if (unrolls && high && job.fours) {
        for (; offset + 4 <= whole_end; offset += 4) {
          const std::int64_t at = *offset;
          add_term(std::true_type(), at, Int<0>{});
          add_term(std::true_type(), at, Int<1>{});
          add_term(std::true_type(), at, Int<2>{});
          add_term(std::true_type(), at, Int<3>{});
        }
      } else if (unrolls && vectors < 4) {
        for (; offset + 4 <= whole_end; offset += 4) {
          add_term(std::true_type(), offset[0], Int<0>{});
          add_term(std::true_type(), offset[1], Int<0>{});
          add_term(std::true_type(), offset[2], Int<0>{});
          add_term(std::true_type(), offset[3], Int<0>{});
        }
      } else if (unrolls) {  // more would be much code
        for (; offset + 2 <= whole_end; offset += 2) {
          add_term(std::true_type(), offset[0], Int<0>{});
          add_term(std::true_type(), offset[1], Int<0>{});
        }
      }
      for (; offset != end; ++offset) add_term(std::false_type(), *offset, Int<0>{});
    }
    const std::int64_t c_row = job.c_row;
    if (!stores_parts && !whole && job.columns < vectors * lanes) {
      alignas(64) float sums[rows][vectors * lanes];
      unrolled<rows>([&](auto i) HWY_ATTR {
        unrolled<vectors>([&](auto j) HWY_ATTR { hn::Store(sum[i][j], d, sums[i] + j * lanes); });
      });
      write_part(sums[0], vectors * lanes, rows, job, c);
    } else {
      // Each sum and its place. The compiler has to take this in, for else all sums would go
      // through memory, and should not find all places before it needs them.
      const auto each = [&](auto f) HWY_ATTR __attribute__((always_inline)) {
        float* place = c;
        unrolled<rows>([&](auto i) HWY_ATTR __attribute__((always_inline)) {
          unrolled<vectors>([&](auto j) HWY_ATTR __attribute__((always_inline)) {
            constexpr bool partial = j == last && stores_parts && !whole;
            f(std::bool_constant<partial>(), sum[i][j], place + j * lanes);
          });
          place = alone(place + c_row);
        });
      };
      if (job.add) {
        each([&](auto partial, Floats& v, const float* place)
                 HWY_ATTR { v = hn::Add(partial ? part.load(place) : hn::LoadU(d, place), v); });
      }
      if (takes_all || job.floor != no_floor) {  // with another branch g++ would spill a sum there
        const Floats floor = hn::Set(d, job.floor);
        each([&](auto, Floats& v, const float*) HWY_ATTR { v = at_least(floor, v); });
      }
      each([&](auto partial, const Floats& v, float* place) HWY_ATTR {
        if constexpr (partial) {
          part.store(v, place);
        } else {
          hn::StoreU(v, d, place);
        }
      });
    }
    a += job.a_next;
    c += job.c_next;
    column += job.b_next;
  }
}

template <int vectors, int... i>
constexpr Tiles::Function heights_of[] = {tile<i + 1, vectors>...};

template <int vectors, int... i>
constexpr const Tiles::Function* heights(std::integer_sequence<int, i...>) {
  return heights_of<vectors, i...>;
}

// Three registers' width loads less for as many sums where there are 16 registers.
constexpr int tallest_of_three = HWY_TARGET == HWY_AVX2 ? 4 : 0;
constexpr int tallest_wide = HWY_TARGET == HWY_AVX3 ? 6 : 0;
constexpr Tiles tiles_here = {
    lanes,
    {0, tallest_narrow, tallest, tallest_of_three, tallest_wide},
    {nullptr, heights<1>(std::make_integer_sequence<int, tallest_narrow>{}),
     heights<2>(std::make_integer_sequence<int, tallest>{}),
#if HWY_TARGET == HWY_AVX2
     heights<3>(std::make_integer_sequence<int, tallest_of_three>{}),
#else
     nullptr,
#endif
#if HWY_TARGET == HWY_AVX3
     heights<4>(std::make_integer_sequence<int, tallest_wide>{})
#endif
    },
#if HWY_TARGET == HWY_AVX3
    tile<tallest_wide, 4, Deed::asks>,
    tile<tallest, 2, Deed::copies>,
    2
#elif HWY_TARGET == HWY_AVX2
    nullptr,
    tile<tallest_of_three, 3, Deed::copies>,
    3
#else
    nullptr,
    nullptr,
    2
#endif
};

}  // namespace

const Tiles& tiles_of_target() { return tiles_here; }

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(tiles_of_target);

const Tiles& tiles() { return HWY_DYNAMIC_DISPATCH(tiles_of_target)(); }

}  // namespace minnow::kernels
#endif  // HWY_ONCE
