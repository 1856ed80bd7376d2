#include "core/kernels/conv2d_few_filters.h"

#include <algorithm>

#include "core/kernels/conv2d_blocks.h"
#include "core/kernels/conv2d_pieces.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pack.h"
#include "core/kernels/tile.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/conv2d_few_filters.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// With 32 registers 25 sums, their numbers of x and one of dy; kernels of three and of five rows
// leave none empty.
constexpr int narrow = 3, wide = has_32_registers ? 5 : 3;
constexpr int tallest = has_32_registers           ? 5
                        : HWY_TARGET == HWY_SCALAR ? 1
                        : HWY_TARGET == HWY_AVX2   ? 4
                                                   : 3;

// The sums of the whole places.
template <int rows, int vectors>
void multiply(const FewFiltersJob& job, float* sums) {
  const FloatTag d;
  Floats sum[rows][vectors];
  unrolled<rows>([&](auto i) HWY_ATTR {
    unrolled<vectors>([&](auto j) HWY_ATTR { sum[i][j] = hn::Zero(d); });
  });
  const float* column[vectors];
  unrolled<vectors>([&](auto j) HWY_ATTR { column[j] = job.x + job.column[j]; });
  const float* dy = job.dy;
  const std::int64_t dy_row = job.dy_row;
  const std::int64_t* const end = job.first + job.whole;
  for (const std::int64_t* first = job.first; first != end; ++first, dy += dy_row) {
    Floats x[vectors];
    unrolled<vectors>([&](auto j) HWY_ATTR { x[j] = hn::LoadU(d, column[j] + *first); });
    unrolled<rows>([&](auto i) HWY_ATTR {
      const Floats y = hn::Set(d, dy[i]);
      unrolled<vectors>([&](auto j) HWY_ATTR { sum[i][j] = hn::MulAdd(y, x[j], sum[i][j]); });
    });
  }
  unrolled<rows>([&](auto i) HWY_ATTR {
    unrolled<vectors>([&](auto j)
                          HWY_ATTR { hn::StoreU(sum[i][j], d, sums + (i * vectors + j) * lanes); });
  });
}

template <int vectors, int... i>
constexpr void (*of_height[])(const FewFiltersJob&, float*) = {multiply<i + 1, vectors>...};

template <int vectors, int... i>
constexpr auto heights(std::integer_sequence<int, i...>) {
  return of_height<vectors, i...>;
}

// The other places, of which only as many numbers are read as there are.
HWY_NOINLINE void add_rest(const FewFiltersJob& job, float* sums) {
  const FloatTag d;
  for (std::int64_t p = job.whole; p < job.places; ++p) {
    for (std::int64_t j = 0; j < job.registers; ++j) {
      const Floats x = Partial(job.count[j]).load(job.x + job.column[j] + job.first[p]);
      for (std::int64_t i = 0; i < job.filters; ++i) {
        float* to = sums + (i * job.registers + j) * lanes;
        const Floats y = hn::Set(d, job.dy[p * job.dy_row + i]);
        hn::StoreU(hn::MulAdd(y, x, hn::LoadU(d, to)), d, to);
      }
    }
  }
}

}  // namespace

FewFiltersTiles few_filters_tiles() { return {lanes, narrow, wide, tallest}; }

void multiply_few_filters(const FewFiltersJob& job) {
  constexpr std::make_integer_sequence<int, tallest> all;
  float sums[tallest * wide * lanes];
  const auto* tiles = job.registers == narrow ? heights<narrow>(all) : heights<wide>(all);
  tiles[job.filters - 1](job, sums);
  add_rest(job, sums);
  const FloatTag d;
  for (std::int64_t q = 0; q < job.filters * job.registers * lanes; q += lanes) {
    const Floats sum = hn::LoadU(d, sums + q);
    hn::StoreU(job.add ? hn::Add(hn::LoadU(d, job.sums + q), sum) : sum, d, job.sums + q);
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(few_filters_tiles);
HWY_EXPORT(multiply_few_filters);

constexpr std::int64_t most_sums = 16384;  // of all parts

// A part is as many filters and as many registers of what they see as a tile has.
class FewFilters {
 public:
  explicit FewFilters(const Conv2DSize& s)
      : FewFilters(s, HWY_DYNAMIC_DISPATCH(few_filters_tiles)()) {}

  bool fit() const {
    if (tiles_.lanes == 1 || runs_.step != 1 || parts() * part_sums() > most_sums) return false;
    // Multiply-adds of a place, of which a few wait for one another. Those of a single register's
    // width take longer the other way, for as many numbers are loaded: by instructions of their
    // own, but for AVX-512's.
    const std::int64_t here = std::max<std::int64_t>(filters_ * together_, 8) * sets_;
    const std::int64_t registers = ceil_div(filters_, tiles_.lanes);
    const std::int64_t there = terms() * registers;
    const std::int64_t cost = registers > 1 ? 18 : tiles_.lanes < 16 ? 24 : 19;
    return 20 * here < cost * there;
  }
  std::int64_t parts() const { return s_.groups * sets_ * cut_.count; }
  // Of a filter.
  std::int64_t terms() const { return runs_.count * runs_.length; }

  // Some parts of the gradient, as filters by terms, over some output rows.
  void run(const KernelGradientJob& job, Span parts, Span rows, Block& memory) const {
    alignas(64) float sums[most_sums];
    const auto sums_of = [&](std::int64_t p) { return sums + (p - parts.begin) * part_sums(); };
    bool add = job.accumulate;
    for (std::int64_t p = parts.begin; p < parts.end && add; ++p) {
      for_runs(part(p), [&](std::int64_t in_kernel, std::int64_t in_part, std::int64_t count) {
        std::copy_n(job.dkernel + in_kernel, count, sums_of(p) + in_part);
      });
    }
    Blocks(job).run(rows, memory, [&](const Block& block) {
      for (std::int64_t p = parts.begin; p < parts.end; ++p) {
        const Part one = part(p);
        multiply(block, one, add, sums_of(p));
        if (job.dbias != nullptr && one.set == 0)
          sum_bias(job, block, one.filter, one.filters, add);
      }
      add = true;
    });
    for (std::int64_t p = parts.begin; p < parts.end; ++p) {
      for_runs(part(p), [&](std::int64_t in_kernel, std::int64_t in_part, std::int64_t count) {
        std::copy_n(sums_of(p) + in_part, count, job.dkernel + in_kernel);
      });
    }
  }

 private:
  struct Part {
    std::int64_t group, filter, filters, set;
  };

  FewFilters(const Conv2DSize& s, const FewFiltersTiles& tiles)
      : s_(s),
        tiles_(tiles),
        runs_(s),
        filters_(s.filters / s.groups),
        of_run_(ceil_div(runs_.length, tiles.lanes)),
        registers_(runs_.count * of_run_),
        cut_(filters_, tiles.most_rows) {
    const auto sets = [&](std::int64_t of) { return ceil_div(registers_, of); };
    together_ = sets(tiles.wide) * tiles.wide < sets(tiles.narrow) * tiles.narrow ? tiles.wide
                                                                                  : tiles.narrow;
    sets_ = sets(together_);
  }

  std::int64_t part_sums() const { return cut_.height * together_ * tiles_.lanes; }

  Part part(std::int64_t p) const {
    const std::int64_t tile = p / sets_ % cut_.count, group = p / sets_ / cut_.count;
    const std::int64_t filter = tile * cut_.height - std::max<std::int64_t>(0, tile - cut_.high);
    return {group, group * filters_ + filter, cut_.height_of(tile), p % sets_};
  }

  // Register j of a set; the kernel's last one where there is none.
  struct Register {
    std::int64_t run, begin, numbers;  // within the run
  };
  Register at(std::int64_t set, std::int64_t j) const {
    const std::int64_t r = std::min(set * together_ + j, registers_ - 1);
    const std::int64_t begin = r % of_run_ * tiles_.lanes;
    return {r / of_run_, begin, std::min<std::int64_t>(tiles_.lanes, runs_.length - begin)};
  }

  // f(place in the kernel, place in the part's sums, numbers) for all numbers of a part.
  template <class F>
  void for_runs(const Part& part, const F& f) const {
    for (std::int64_t j = 0; j < std::min(together_, registers_ - part.set * together_); ++j) {
      const Register one = at(part.set, j);
      for (std::int64_t i = 0; i < part.filters; ++i) {
        f((part.filter + i) * terms() + one.run * runs_.length + one.begin,
          (i * together_ + j) * tiles_.lanes, one.numbers);
      }
    }
  }

  void multiply(const Block& block, const Part& part, bool add, float* sums) const {
    FewFiltersJob job{};
    job.filters = part.filters;
    job.registers = together_;
    job.places = block.places.count();
    job.first = block.first;
    job.x = block.x + part.group * (s_.channels / s_.groups);
    std::int64_t reach = 0;
    for (std::int64_t j = 0; j < together_; ++j) {
      const Register one = at(part.set, j);
      job.column[j] = runs_.from(s_, one.run, block.row_size) + one.begin;
      job.count[j] = one.numbers;
      reach = std::max(reach, job.column[j] + tiles_.lanes);
    }
    const std::int64_t readable = block.x + block.readable - job.x;
    for (job.whole = job.places; job.whole > 0; --job.whole) {
      if (job.first[job.whole - 1] + reach <= readable) break;
    }
    job.dy = block.dy + part.filter;
    job.dy_row = s_.filters;
    job.sums = sums;
    job.add = add;
    HWY_DYNAMIC_DISPATCH(multiply_few_filters)(job);
  }

  const Conv2DSize& s_;
  FewFiltersTiles tiles_;
  Runs runs_;
  std::int64_t filters_;             // of a group
  std::int64_t of_run_, registers_;  // that a run takes, and the kernel
  std::int64_t together_ = 0, sets_ = 0;
  TileCut cut_;  // of filters
};

}  // namespace

bool few_filters_fit(const Conv2DSize& s) { return FewFilters(s).fit(); }

void few_filters_backward_kernel(const Workers& workers, const KernelGradientJob& job,
                                 double work) {
  const Conv2DSize& s = job.size;
  const FewFilters gradient(s);
  const std::int64_t terms = gradient.terms(), rows = job.batch * s.out_h;
  alignas(64) float turned[most_sums];
  const KernelGradientJob turned_job{s,      job.batch, job.x,         job.dy,
                                     turned, job.dbias, job.accumulate};
  if (job.accumulate) {
    pack_columns({job.dkernel, s.filters, /*transposed=*/true}, {0, s.filters}, 0, terms, terms,
                 turned);
  }
  const std::int64_t pieces = pieces_of(s, rows);
  const auto sum = [&](const KernelGradientJob& piece, std::int64_t i, Span some, Block& memory) {
    gradient.run(piece, some, split(rows, pieces, i), memory);
  };
  sum_pieces<Block>(workers, turned_job, pieces, gradient.parts(), work, sum);
  pack_columns({turned, terms, /*transposed=*/true}, {0, terms}, 0, s.filters, s.filters,
               job.dkernel);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
