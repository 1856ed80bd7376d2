#include "core/kernels/large_product.h"

#include <algorithm>

#include "core/kernels/pack.h"
#include "core/kernels/tile.h"

namespace minnow::kernels {
namespace {

// Whether A's rows lie whole pages apart: they share the few places that the first cache has for
// such addresses, 8 in many processors.
bool rows_lie_badly(const Product& p) { return !p.a.transposed && p.a.stride % page == 0; }

// Low tiles load much of B for what they do with it.
bool are_low(const Tiles& tiles) { return tiles.tallest(tiles.broad(widest_panel)) < 8; }

int tallest_tile(const Product& p, const Tiles& tiles, int width) {
  constexpr int room = 8;  // B passes through
  const int tallest = tiles.tallest(width);
  return rows_lie_badly(p) ? std::min(tallest, room) : tallest;
}

// Asks for `count` rows of `numbers` each before their time, for the second cache: the first is
// full.
void fetch_rows(const float* from, std::int64_t stride, std::int64_t count, std::int64_t numbers) {
  constexpr std::int64_t line = 16;  // numbers
  for (std::int64_t i = 0; i < count; ++i, from += stride) {
    for (std::int64_t j = 0; j < numbers; j += line) __builtin_prefetch(from + j, 0, 2);
  }
}

// A block of B is packed and stays in a core's own cache while all rows pass over it. High tiles
// are run beside one another, A's few rows staying in the first cache and B passing through it. Low
// ones load much of B for what they do with it: they are run one below the other, many rows for a
// panel. Rows of A are read where they lie, for a copy's cost returns with each block of B.
class LargeProduct {
 public:
  explicit LargeProduct(const Product& p)
      : p_(p),
        tiles_(tiles()),
        panel_(tiles_.broad(usual_columns)),
        tallest_(tallest_tile(p, tiles_, panel_)),
        low_(are_low(tiles_)) {}

  void run(Span rows, Span columns) {
    // Blocks of about one width, of whole panels.
    const std::int64_t panels = (columns.size() + panel_ - 1) / panel_;
    const std::int64_t most_terms = block_of_terms(p_, 0).size();
    for_parts({0, panels}, most_b / most_terms / panel_, [&](Span part) {
      const Span some{columns.begin + part.begin * panel_,
                      std::min(columns.begin + part.end * panel_, columns.end)};
      for (std::int64_t b = 0; b < blocks_of_terms(p_); ++b) {
        multiply_block(rows, some, block_of_terms(p_, b));
      }
      finish(p_, rows, some);
    });
  }

 private:
  static constexpr std::int64_t usual_columns = 192;               // in a block of the most terms
  static constexpr std::int64_t most_b = usual_columns * block_k;  // numbers

  void multiply_block(Span rows, Span columns, Span terms) {
    pack_b(columns, terms);
    const bool turns_a = p_.a.transposed;
    const Steps steps(terms.size(), 1);
    TileJob job = job_of(p_, terms, steps);
    job.whole = terms.size();
    for_parts(rows, turns_a ? TurnedRows::most : rows.size(), [&](Span some) {
      if (turns_a) {
        turned_.turn(p_, some, terms, job);
      } else {
        job.a = p_.a_at(some.begin, terms.begin);
      }
      for_parts(some, low_ ? 96 : tallest_, [&](Span part) {
        multiply_rows(job, part, columns, terms);
        job.a += part.size() * job.a_row;
      });
    });
  }

  void multiply_rows(TileJob& job, Span rows, Span columns, Span terms) const {
    for (std::int64_t j = columns.begin; j < columns.end; j += job.columns) {
      const int width = tiles_.broad(columns.end - j);
      job.b = b_ + (j - columns.begin) * terms.size();
      job.b_row = width;
      job.columns = std::min<std::int64_t>(columns.end - j, width);
      job.bias = bias_at(p_, terms.begin, j);
      job.c = p_.c + rows.begin * p_.c_stride + j;
      const std::int64_t next = std::min<std::int64_t>(columns.end - j - job.columns, width);
      if (!low_ && job.add && next > 0) fetch_rows(job.c + width, p_.c_stride, rows.size(), next);
      run_rows(tiles_, job, width, rows.size());
    }
  }

  // Panels of one width at a time.
  void pack_b(Span columns, Span terms) {
    for (std::int64_t j = columns.begin; j < columns.end;) {
      const int width = tiles_.broad(columns.end - j);
      const std::int64_t first = j;
      while (j < columns.end && tiles_.broad(columns.end - j) == width) j += width;
      pack_panels(p_.b, terms, first, std::min(j, columns.end) - first, width,
                  b_ + (first - columns.begin) * terms.size());
    }
  }

  const Product& p_;
  const Tiles& tiles_;
  int panel_;  // columns
  int tallest_;
  bool low_;
  TurnedRows turned_;
  alignas(64) float b_[most_b];
};

}  // namespace

bool is_large(const Product& p, Span rows, Span columns) {
  constexpr std::int64_t few_terms = 24, many_results = 1 << 18;  // whose rows are written whole
  const std::int64_t least_rows = are_low(tiles()) ? 33 : rows_lie_badly(p) ? 129 : many_rows;
  const std::int64_t least_terms = rows.size() * columns.size() < many_results ? 128 : few_terms;
  const bool long_ago = rows.size() >= many_rows && !p.a.transposed;  // A's rows, for a new panel
  const std::int64_t least_columns = long_ago ? 33 : 128;
  return rows.size() >= least_rows && columns.size() >= least_columns && p.size.k >= least_terms;
}

void multiply_large(const Product& p, Span rows, Span columns) {
  LargeProduct(p).run(rows, columns);
}

}  // namespace minnow::kernels
