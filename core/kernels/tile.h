#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>

// Internal to core/kernels: the register tile that products and convolutions are made of. It is
// compiled once for each instruction set, in as many sizes as registers hold; what feeds it is
// compiled once.
namespace minnow::kernels {

/// Tiles of sums, one below the other or side by side. For the rows i and columns j of each,
///   c[i c_row + j] = max(floor, (add ? c[...] : 0) + bias[j] + sum over t < terms of
///                    a[row(i) + offsets[t]] b[t b_row + j]),
/// row(i) = groups[i / 3] + i % 3 a_row, and NaN stays NaN. The terms are added in their order, so
/// that a sum has the same bits in a tile of any size. Rows come in threes because the processor's
/// addresses reach three rows from one pointer.
struct TileJob {
  static constexpr int most_groups = 5;

  std::int64_t terms;
  const std::int64_t* offsets;
  bool fours = false;  ///< each four terms lie side by side in A, but for the last three at most
  const float* a;
  std::int64_t groups[most_groups];
  std::int64_t a_row;
  const float* b;
  std::int64_t b_row;
  const float* bias = nullptr;
  float* c;
  std::int64_t c_row;
  std::int64_t columns;    ///< that exist: no others are read or written, but for
  std::int64_t whole = 0;  ///< the first terms of B, of which whole registers may be read
  bool add = false;
  float floor;
  std::int64_t tiles = 1;
  std::int64_t a_next = 0, c_next = 0;  ///< from a tile to the next one
  std::int64_t b_next = 0;              ///< and in the bias, where they lie side by side
  std::int64_t ahead = 0;               ///< of what it reads of B, what an asking tile asks for
  float* copy = nullptr;                ///< where a copying tile puts the rows of B that it reads,
  std::int64_t copy_row = 0;            ///< so far apart
};

/// The floor of sums that stay as they are.
constexpr float no_floor = -std::numeric_limits<float>::infinity();
/// Columns of two registers of any instruction set.
constexpr std::int64_t widest_panel = 32;
/// And of the widest tiles.
constexpr std::int64_t most_columns = 64;
/// A register's of any instruction set, and so many numbers in whole registers.
constexpr std::int64_t lane_unit = 16;
constexpr std::int64_t whole_registers(std::int64_t n) {
  return (n + lane_unit - 1) / lane_unit * lane_unit;
}

/// The tiles of an instruction set.
struct Tiles {
  using Function = void (*)(const TileJob&);

  int lanes;         ///< floats in a register
  int most_rows[5];  ///< of tiles of so many registers' width; 0 where there are none
  const Function* of_height[5];
  /// Tiles that ask for B, which comes from afar, before they read it, so that more of it is on its
  /// way: the tallest of four registers' width, all there, and the tallest of `copied_vectors` that
  /// copies B. Or null.
  Function asking, copying;
  int copied_vectors;

  /// The narrower of the two usual widths that holds `left` columns, else the wider.
  int width(std::int64_t left) const { return left > lanes ? 2 * lanes : lanes; }
  /// Three registers where tiles of that width are the best, and leave no narrow rest.
  int broad(std::int64_t left) const {
    const bool fits = left == 3 * lanes || left > 4 * lanes;
    return fits && most_rows[3] > 0 ? 3 * lanes : width(left);
  }
  /// Four registers where there are enough of them: for few terms, of a B with long rows.
  int wide(std::int64_t left) const {
    return left >= 4 * lanes && most_rows[4] > 0 ? 4 * lanes : broad(left);
  }
  /// Four registers also where the last of them is a part.
  int widest(std::int64_t left) const {
    return left > 3 * lanes && most_rows[4] > 0 ? 4 * lanes : wide(left);
  }
  /// As wide() where there are so few rows that other tiles' sums would wait for one another.
  int for_rows(std::int64_t rows, std::int64_t left) const {
    return rows <= most_rows[4] ? wide(left) : broad(left);
  }
  /// Whether all of them gain from terms that lie in fours.
  bool like_fours() const { return most_rows[4] > 0; }
  /// Whether panels of a width, with so many columns in it, can be copied by tiles of copied()
  /// rows.
  bool copies(int width, std::int64_t columns) const {
    return copying != nullptr && width % copied_width() == 0 && columns >= width;
  }
  int copied() const { return most_rows[copied_vectors]; }
  int copied_width() const { return copied_vectors * lanes; }
  bool asks(int width, std::int64_t columns) const {
    return asking != nullptr && width == 4 * lanes && columns >= width;
  }
  int asked() const { return most_rows[4]; }
  int tallest(int width) const { return most_rows[width / lanes]; }
  void run(const TileJob& job, int width, std::int64_t rows) const {
    of_height[width / lanes][rows - 1](job);
  }
};
/// Those of the instruction set that is in use.
const Tiles& tiles();

/// How `rows` are cut into tiles of at most `tallest` rows: `high` tiles of `height`, then some
/// that are one lower. They are of about one height, for in a low one every sum would wait for its
/// last term.
struct TileCut {
  std::int64_t count, height, high;

  TileCut(std::int64_t rows, int tallest) : count(rows > 0 ? 1 : 0), height(rows), high(count) {
    if (rows <= tallest) return;  // common, and a division takes long
    count = (rows + tallest - 1) / tallest;
    height = (rows + count - 1) / count;
    high = rows - count * (height - 1);
  }

  std::int64_t height_of(std::int64_t tile) const { return tile < high ? height : height - 1; }
  /// The first row of a tile.
  std::int64_t row_of(std::int64_t tile) const {
    return tile * height - std::max<std::int64_t>(0, tile - high);
  }
};

/// The terms of B, as it lies in memory, behind whose columns enough numbers follow to fill a
/// width.
inline std::int64_t whole_terms(std::int64_t terms, std::int64_t missing, std::int64_t b_row) {
  return missing == 0 ? terms : std::max<std::int64_t>(0, terms - (missing + b_row - 1) / b_row);
}

/// The places of A's rows where each lies a_row from the one before.
inline void set_rows(TileJob& job, std::int64_t a_row) {
  job.a_row = a_row;
  for (int g = 0; g < TileJob::most_groups; ++g) job.groups[g] = 3 * g * a_row;
}

/// The rows of a cut of C, those of A lying a_row apart.
inline void run_rows(const Tiles& tiles, TileJob& job, int width, const TileCut& cut) {
  const float* const a = job.a;
  float* const c = job.c;
  for (const std::int64_t height : {cut.height, cut.height - 1}) {
    job.tiles = height == cut.height ? cut.high : cut.count - cut.high;
    if (job.tiles == 0) continue;
    job.a_next = height * job.a_row;
    job.c_next = height * job.c_row;
    tiles.run(job, width, height);
    job.a += job.tiles * job.a_next;
    job.c += job.tiles * job.c_next;
  }
  job.a = a;
  job.c = c;
}

/// `rows` rows of C.
inline void run_rows(const Tiles& tiles, TileJob& job, int width, std::int64_t rows) {
  run_rows(tiles, job, width, TileCut(rows, tiles.tallest(width)));
}

/// The rows of C behind the first `done`, of `rows`.
inline void run_others(const Tiles& tiles, TileJob& job, int width, std::int64_t done,
                       std::int64_t rows) {
  const float* const a = job.a;
  float* const c = job.c;
  job.a += done * job.a_row;
  job.c += done * job.c_row;
  run_rows(tiles, job, width, rows - done);
  job.a = a;
  job.c = c;
}

/// `rows` rows of C, of which the first asked() ask for B.
inline void run_asking(const Tiles& tiles, TileJob& job, int width, std::int64_t rows) {
  job.tiles = 1;
  tiles.asking(job);
  run_others(tiles, job, width, tiles.asked(), rows);
}

/// `rows` rows of C, of which the first copied() copy B, as it lies, to a panel of `width` columns,
/// which the others read.
inline void run_copying(const Tiles& tiles, TileJob& job, int width, std::int64_t rows,
                        float* panel) {
  const float* const b = job.b;
  const float* const bias = job.bias;
  float* const c = job.c;
  job.tiles = 1;
  job.copy_row = width;
  for (int j = 0; j < width; j += tiles.copied_width()) {
    job.b = b + j;
    job.bias = bias == nullptr ? nullptr : bias + j;
    job.c = c + j;
    job.copy = panel + j;
    tiles.copying(job);
  }
  job.b = panel;
  job.b_row = width;
  job.bias = bias;
  job.c = c;
  job.whole = job.terms;
  run_others(tiles, job, width, tiles.copied(), rows);
}

/// The tiles of `count` cuts of rows, each a_next and c_next (and the job's b_next) from the one
/// before.
inline void run_cuts(const Tiles& tiles, TileJob& job, int width, const TileCut& cut,
                     std::int64_t count, std::int64_t a_next, std::int64_t c_next) {
  const float* const a = job.a;
  float* const c = job.c;
  job.tiles = count;
  job.a_next = a_next;
  job.c_next = c_next;
  for (std::int64_t t = 0; t < cut.count; ++t) {
    const std::int64_t height = cut.height_of(t);
    tiles.run(job, width, height);
    job.a += height * job.a_row;
    job.c += height * job.c_row;
  }
  job.a = a;
  job.c = c;
}

}  // namespace minnow::kernels
