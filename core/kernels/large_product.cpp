#include "core/kernels/large_product.h"

#include <algorithm>

#include "core/kernels/pack.h"
#include "core/kernels/tile.h"

namespace minnow::kernels {
namespace {

// Whether A's rows, or its terms, lie whole pages apart: they share the few places that the first
// cache has for such addresses, 8 in many processors.
constexpr std::int64_t page = 1024;  // numbers
bool rows_lie_badly(const Product& p) { return !p.a.transposed && p.a.stride % page == 0; }
bool terms_lie_badly(const Product& p) { return p.a.transposed && p.a.stride % page == 0; }

// Low tiles load much of B for what they do with it.
bool are_low(const Tiles& tiles) { return tiles.tallest(tiles.broad(widest_panel)) < 8; }

int tallest_tile(const Product& p, const Tiles& tiles, int width) {
  constexpr int room = 7;  // beside B, which passes through
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
// panel. A is read where it lies, for a copy's cost returns with each block of B; only terms that
// lie badly are copied for low tiles.
class LargeProduct {
 public:
  explicit LargeProduct(const Product& p)
      : p_(p),
        tiles_(tiles()),
        panel_(tiles_.broad(most_columns)),
        tallest_(tallest_tile(p, tiles_, panel_)),
        low_(are_low(tiles_)),
        copies_a_(low_ && terms_lie_badly(p)) {}

  void run(Span rows, Span columns) {
    // Blocks of about one width, of whole panels.
    const std::int64_t panels = (columns.size() + panel_ - 1) / panel_;
    const std::int64_t most_panels = most_columns / panel_;
    const std::int64_t blocks = (panels + most_panels - 1) / most_panels;
    for (std::int64_t i = 0; i < blocks; ++i) {
      const Span part = split(panels, blocks, i);
      const Span some{columns.begin + part.begin * panel_,
                      std::min(columns.begin + part.end * panel_, columns.end)};
      for (std::int64_t b = 0; b < blocks_of_terms(p_); ++b) {
        multiply_block(rows, some, block_of_terms(p_, b));
      }
      finish(p_, rows, some);
    }
  }

 private:
  static constexpr std::int64_t most_columns = 192;
  static constexpr std::int64_t most_copied = 48, copied_panel = 8;  // rows

  void multiply_block(Span rows, Span columns, Span terms) {
    pack_b(columns, terms);
    const Steps steps(terms.size(), copies_a_ ? copied_panel : p_.a_term());
    TileJob job = job_of(p_, terms, steps);
    if (!low_) return multiply_high(job, rows, columns, terms);
    const std::int64_t most_rows = copies_a_ ? most_copied : 96;
    for (std::int64_t row = rows.begin; row < rows.end; row += most_rows) {
      multiply_low(job, {row, std::min(row + most_rows, rows.end)}, columns, terms);
    }
  }

  void multiply_high(TileJob& job, Span rows, Span columns, Span terms) const {
    const TileCut cut(rows.size(), tallest_);
    for (std::int64_t t = 0, row = rows.begin; t < cut.count; ++t) {
      const std::int64_t height = cut.height_of(t);
      job.a = a_at(row, terms);
      for (std::int64_t j = columns.begin; j < columns.end; j += job.columns) {
        const int width = to_panel(job, row, j, columns, terms);
        const std::int64_t next = std::min<std::int64_t>(columns.end - j - job.columns, width);
        if (job.add && next > 0) fetch_rows(job.c + width, p_.c_stride, height, next);
        tiles_.run(job, width, height);
      }
      row += height;
    }
  }

  void multiply_low(TileJob& job, Span rows, Span columns, Span terms) {
    if (copies_a_) {
      pack_columns({p_.a.data, p_.a.stride}, terms, rows.begin, rows.size(), copied_panel, a_);
    }
    for (std::int64_t j = columns.begin; j < columns.end; j += job.columns) {
      const int width = to_panel(job, rows.begin, j, columns, terms);
      job.a = copies_a_ ? a_ : a_at(rows.begin, terms);
      const std::int64_t most = copies_a_ ? copied_panel : rows.size();
      for (std::int64_t i = 0; i < rows.size(); i += most) {
        run_rows(tiles_, job, width, std::min(most, rows.size() - i));
        job.a += most * terms.size();
        job.c += most * job.c_row;
      }
    }
  }

  const float* a_at(std::int64_t row, Span terms) const {
    return p_.a.data + row * p_.a_row() + terms.begin * p_.a_term();
  }

  // Panels of one width at a time.
  void pack_b(Span columns, Span terms) {
    for (std::int64_t j = columns.begin; j < columns.end;) {
      const int width = tiles_.broad(columns.end - j);
      const std::int64_t first = j;
      while (j < columns.end && tiles_.broad(columns.end - j) == width) j += width;
      pack_columns(p_.b, terms, first, std::min(j, columns.end) - first, width,
                   b_ + (first - columns.begin) * terms.size());
    }
  }

  // Sets the job to the panel of B from column j on, and to C from a row on; returns its width.
  int to_panel(TileJob& job, std::int64_t row, std::int64_t j, Span columns, Span terms) const {
    const int width = tiles_.broad(columns.end - j);
    job.b = b_ + (j - columns.begin) * terms.size();
    job.b_row = width;
    job.columns = std::min<std::int64_t>(columns.end - j, width);
    job.bias = bias_at(p_, terms.begin, j);
    job.c = p_.c + row * p_.c_stride + j;
    return width;
  }

  const Product& p_;
  const Tiles& tiles_;
  int panel_;  // columns
  int tallest_;
  bool low_, copies_a_;
  alignas(64) float a_[most_copied * block_k];
  alignas(64) float b_[most_columns * block_k];
};

}  // namespace

bool is_large(const Product& p, Span rows, Span columns) {
  const std::int64_t least_rows = are_low(tiles()) ? 33 : rows_lie_badly(p) ? 129 : many_rows;
  return rows.size() >= least_rows && columns.size() >= 128 && p.size.k >= 128;
}

void multiply_large(const Product& p, Span rows, Span columns) {
  LargeProduct(p).run(rows, columns);
}

}  // namespace minnow::kernels
