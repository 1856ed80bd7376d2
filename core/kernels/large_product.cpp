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

int tallest_tile(const Product& p, const Tiles& tiles) {
  constexpr int room = 7;  // beside B, which passes through
  const int tallest = tiles.tallest(tiles.width(widest_panel));
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

// A block of B is packed and stays in a core's own cache while all rows pass over it, a tile's
// height at a time. A is read where it lies, for a copy's cost returns with each block of B; only
// terms that lie badly are copied for low tiles, which do too little with what they wait for.
class LargeProduct {
 public:
  explicit LargeProduct(const Product& p)
      : p_(p),
        tiles_(tiles()),
        tallest_(tallest_tile(p, tiles_)),
        copies_a_(terms_lie_badly(p) && tallest_ < high_tile) {}

  void run(Span rows, Span columns) {
    // Blocks of about one width, of whole panels.
    const std::int64_t panels = (columns.size() + widest_panel - 1) / widest_panel;
    const std::int64_t blocks = (panels + most_panels - 1) / most_panels;
    for (std::int64_t i = 0; i < blocks; ++i) {
      const Span part = split(panels, blocks, i);
      const Span some{columns.begin + part.begin * widest_panel,
                      std::min(columns.begin + part.end * widest_panel, columns.end)};
      for (std::int64_t b = 0; b < blocks_of_terms(p_); ++b) {
        multiply_block(rows, some, block_of_terms(p_, b));
      }
      finish(p_, rows, some);
    }
  }

 private:
  static constexpr std::int64_t most_panels = 6;
  static constexpr int high_tile = 8;
  static constexpr std::int64_t copied_rows = 32;

  void multiply_block(Span rows, Span columns, Span terms) {
    pack_b(columns, terms);
    const Steps steps(terms.size(), copies_a_ ? copied_rows : p_.a_term());
    TileJob job = job_of(p_, terms, steps);
    const TileCut cut(rows.size(), tallest_);
    Span copied{rows.begin, rows.begin};
    for (std::int64_t t = 0, row = rows.begin; t < cut.count; ++t) {
      const std::int64_t height = cut.height_of(t);
      job.a = p_.a.data + row * p_.a_row() + terms.begin * p_.a_term();
      if (copies_a_) {
        if (row + height > copied.end) {
          copied = {row, std::min(row + copied_rows, rows.end)};
          pack_columns({p_.a.data, p_.a.stride}, terms, row, copied.size(), copied_rows, a_);
        }
        job.a = a_ + row - copied.begin;
      }
      multiply_row(job, row, height, columns, terms);
      row += height;
    }
  }

  void pack_b(Span columns, Span terms) {
    const int width = tiles_.width(widest_panel);
    const std::int64_t whole = columns.size() / width * width, left = columns.size() - whole;
    if (whole > 0) pack_columns(p_.b, terms, columns.begin, whole, width, b_);
    if (left == 0) return;
    pack_columns(p_.b, terms, columns.begin + whole, left, tiles_.width(left),
                 b_ + whole * terms.size());
  }

  // The tiles beside one another.
  void multiply_row(TileJob& job, std::int64_t row, std::int64_t height, Span columns,
                    Span terms) const {
    for (std::int64_t j = columns.begin; j < columns.end; j += job.columns) {
      const int width = tiles_.width(columns.end - j);
      job.b = b_ + (j - columns.begin) * terms.size();
      job.b_row = width;
      job.columns = std::min<std::int64_t>(columns.end - j, width);
      job.bias = bias_at(p_, terms.begin, j);
      job.c = p_.c + row * p_.c_stride + j;
      const std::int64_t next = std::min<std::int64_t>(columns.end - j - job.columns, width);
      if (job.add && next > 0) fetch_rows(job.c + width, p_.c_stride, height, next);
      tiles_.run(job, width, height);
    }
  }

  const Product& p_;
  const Tiles& tiles_;
  int tallest_;
  bool copies_a_;
  alignas(64) float a_[copied_rows * block_k];
  alignas(64) float b_[most_panels * widest_panel * block_k];
};

}  // namespace

bool is_large(const Product& p, Span rows, Span columns) {
  const std::int64_t least_rows = rows_lie_badly(p) ? 129 : many_rows;
  return rows.size() >= least_rows && columns.size() >= 128 && p.size.k >= 128;
}

void multiply_large(const Product& p, Span rows, Span columns) {
  LargeProduct(p).run(rows, columns);
}

}  // namespace minnow::kernels
