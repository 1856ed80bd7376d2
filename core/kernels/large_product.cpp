#include "core/kernels/large_product.h"

#include <algorithm>

#include "core/kernels/pack.h"
#include "core/kernels/tile.h"

namespace minnow::kernels {
namespace {

// Whether A's rows or terms lie so far apart that they meet in the same few places of the first
// cache: then they are copied.
bool lies_badly(const Product& p) {
  constexpr std::int64_t page = 1024;  // numbers
  return p.a.stride % page == 0;
}

// A block of B is packed and
// stays in a core's own cache while all rows pass over it, a tile's height at a time: those stay in
// the first cache from panel to panel, and what comes next is asked for meanwhile.
class LargeProduct {
 public:
  explicit LargeProduct(const Product& p) : p_(p), tiles_(tiles()), packs_a_(lies_badly(p)) {}

  void run(Span rows, Span columns) {
    // Blocks of about one width, of whole panels.
    const std::int64_t panels = (columns.size() + widest_panel - 1) / widest_panel;
    const std::int64_t blocks = (panels + most_panels - 1) / most_panels;
    for (std::int64_t i = 0; i < blocks; ++i) {
      const Span part = split(panels, blocks, i);
      const Span some{columns.begin + part.begin * widest_panel,
                      std::min(columns.begin + part.end * widest_panel, columns.end)};
      for (std::int64_t b = 0; b < blocks_of_terms(p_.size.k); ++b) {
        multiply_block(rows, some, block_of_terms(p_.size.k, b));
      }
      finish(p_, rows, some);
    }
  }

 private:
  static constexpr std::int64_t packed_row = block_k + 16;
  static constexpr std::int64_t most_panels = 8;
  static constexpr std::int64_t most_tiles = 2;  // whose rows of A are packed at a time
  static constexpr std::int64_t tallest_tile = 3 * TileJob::most_groups;

  const float* a_at(std::int64_t row, std::int64_t term) const {
    return p_.a.data + row * p_.a_row() + term * p_.a_term();
  }

  void multiply_block(Span rows, Span columns, Span terms) {
    pack_b(columns, terms);
    const Steps steps(terms.size(), packs_a_ ? 1 : p_.a_term());
    TileJob job{};
    job.terms = terms.size();
    job.offsets = steps.of;
    job.fours = packs_a_ || !p_.a.transposed;
    job.c_row = p_.c_stride;
    job.add = p_.accumulate || terms.begin > 0;
    job.floor = floor_at(p_, terms.end);
    set_rows(job, packs_a_ ? packed_row : p_.a_row());
    const TileCut cut(rows.size(), tiles_.tallest(tiles_.width(widest_panel)));
    Span packed{rows.begin, rows.begin};
    for (std::int64_t t = 0, row = rows.begin; t < cut.count; ++t) {
      const std::int64_t height = cut.height_of(t);
      job.a = a_at(row, terms.begin);
      if (packs_a_) {
        if (row + height > packed.end) {
          packed = {row, std::min(row + most_tiles * height, rows.end)};
          pack_columns(p_.a, packed, terms.begin, terms.size(), packed_row, a_);
        }
        job.a = a_ + (row - packed.begin) * packed_row;
      }
      const std::int64_t next = row + height;
      if (!p_.a.transposed && next < rows.end) {
        fetch_rows(a_at(next, terms.begin), p_.a.stride, std::min(height, rows.end - next),
                   terms.size());
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
  bool packs_a_;
  alignas(64) float a_[most_tiles * tallest_tile * packed_row];
  alignas(64) float b_[most_panels * widest_panel * block_k];
};

}  // namespace

bool is_large(const Product& p, Span rows, Span columns) {
  const std::int64_t least_rows = lies_badly(p) ? 96 : many_rows;
  return rows.size() >= least_rows && columns.size() >= 128 && p.size.k >= 128;
}

void multiply_large(const Product& p, Span rows, Span columns) {
  LargeProduct(p).run(rows, columns);
}

}  // namespace minnow::kernels
