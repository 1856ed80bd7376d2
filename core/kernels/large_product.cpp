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

// The rows from which on a panel of B is worth its copy, and a block of it a look at all rows.
std::int64_t least_rows(const Product& p) {
  if (are_low(tiles())) return 33;
  if (p.a.transposed) return TurnedRows::most + 1;
  if (rows_lie_badly(p)) return p.b.transposed ? 64 : 129;
  return many_rows;
}

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
// ones load much of B for what they do with it, and of few terms much of a panel stays there: those
// are run one below the other, many rows for a panel. Rows of A are read where they lie, for a
// copy's cost returns with each block of B.
class LargeProduct {
 public:
  explicit LargeProduct(const Product& p)
      : p_(p),
        tiles_(tiles()),
        low_(are_low(tiles_)),
        most_columns_(low_ ? 192 : 256),
        panel_(tiles_.wide(most_columns_)),
        tallest_(tallest_tile(p, tiles_, panel_)),
        copies_(!p.b.transposed && tiles_.copying != nullptr) {}

  void run(Span rows, Span columns) {
    // Blocks of about one width, of whole panels.
    const std::int64_t panels = (columns.size() + panel_ - 1) / panel_;
    const std::int64_t most_terms = block_of_terms(p_, 0).size();
    for_parts({0, panels}, most_columns_ * block_k / most_terms / panel_, [&](Span part) {
      const Span some{columns.begin + part.begin * panel_,
                      std::min(columns.begin + part.end * panel_, columns.end)};
      for (std::int64_t b = 0; b < blocks_of_terms(p_); ++b) {
        multiply_block(rows, some, block_of_terms(p_, b));
      }
      finish(p_, rows, some);
    });
  }

 private:
  static constexpr std::int64_t most_b = 256 * block_k;  // numbers
  static constexpr std::int64_t near_terms = 256;

  void multiply_block(Span rows, Span columns, Span terms) {
    if (!copies_) pack_b(columns, terms);
    const bool turns_a = p_.a.transposed;
    const Steps steps(terms.size(), 1);
    TileJob job = job_of(p_, terms, steps);
    job.whole = terms.size();
    // Parts of whole tiles.
    const std::int64_t tiles = (rows.size() + tallest_ - 1) / tallest_;
    for_parts({0, tiles}, turns_a ? TurnedRows::most / tallest_ : tiles, [&](Span some_tiles) {
      Span some{rows.begin + some_tiles.begin * tallest_,
                std::min(rows.begin + some_tiles.end * tallest_, rows.end)};
      if (turns_a) {
        turned_.turn(p_, some, terms, job);
      } else {
        job.a = p_.a_at(some.begin, terms.begin);
      }
      if (copies_ && some.begin == rows.begin) {
        const Span first{some.begin, some.begin + tiles_.copied()};
        multiply_rows(job, first, columns, terms, /*copies=*/true);
        some.begin = first.end;
      }
      for_parts(some, low_ || terms.size() <= near_terms ? 96 : tallest_,
                [&](Span part) { multiply_rows(job, part, columns, terms, /*copies=*/false); });
    });
  }

  // And lets job.a follow. The first rows copy the block.
  void multiply_rows(TileJob& job, Span rows, Span columns, Span terms, bool copies) {
    for (std::int64_t j = columns.begin; j < columns.end; j += job.columns) {
      const int width = tiles_.wide(columns.end - j);
      float* panel = b_ + (j - columns.begin) * terms.size();
      job.b = panel;
      job.b_row = width;
      job.columns = std::min<std::int64_t>(columns.end - j, width);
      job.bias = bias_at(p_, terms.begin, j);
      job.c = p_.c + rows.begin * p_.c_stride + j;
      if (!low_ && terms.size() > near_terms) {
        const std::int64_t next = std::min<std::int64_t>(columns.end - j - job.columns, width);
        fetch_rows(job.c + width, p_.c_stride, rows.size(), next);
      }
      if (copies && tiles_.copies(width, job.columns)) {
        job.b = p_.b.data + terms.begin * p_.b.stride + j;
        job.b_row = p_.b.stride;
        run_copying(tiles_, job, width, rows.size(), panel);
        continue;
      }
      if (copies) pack_panels(p_.b, terms, j, job.columns, width, panel);
      run_rows(tiles_, job, width, rows.size());
    }
    job.a += rows.size() * job.a_row;
  }

  // Panels of one width at a time.
  void pack_b(Span columns, Span terms) {
    for (std::int64_t j = columns.begin; j < columns.end;) {
      const int width = tiles_.wide(columns.end - j);
      const std::int64_t first = j;
      while (j < columns.end && tiles_.wide(columns.end - j) == width) j += width;
      pack_panels(p_.b, terms, first, std::min(j, columns.end) - first, width,
                  b_ + (first - columns.begin) * terms.size());
    }
  }

  const Product& p_;
  const Tiles& tiles_;
  bool low_;
  std::int64_t most_columns_;  // in a block of the most terms
  int panel_;                  // columns
  int tallest_;
  bool copies_;  // the block, by its first rows
  TurnedRows turned_;
  alignas(64) float b_[most_b];
};

}  // namespace

bool is_large(const Product& p, Span rows, Span columns) {
  constexpr std::int64_t few_terms = 24, many_results = 1 << 18;  // whose rows are written whole
  const std::int64_t least_terms = rows.size() * columns.size() < many_results ? 128 : few_terms;
  const bool long_ago = rows.size() >= many_rows && !p.a.transposed;  // A's rows, for a new panel
  // For fewer columns A's own are read where they lie: turning them would not pay.
  const bool in_place = p.a.transposed && p.size.k <= most_turned_terms;
  const std::int64_t least_columns = long_ago ? 33 : in_place ? 288 : 128;
  return rows.size() >= least_rows(p) && columns.size() >= least_columns && p.size.k >= least_terms;
}

void multiply_large(const Product& p, Span rows, Span columns) {
  LargeProduct(p).run(rows, columns);
}

}  // namespace minnow::kernels
