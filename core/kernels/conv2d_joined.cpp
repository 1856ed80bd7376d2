#include "core/kernels/conv2d_joined.h"

#include <algorithm>
#include <numeric>

#include "core/kernels/conv2d_axis.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pack.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

// For the places of class (y, x), in strides (I, J):
//   dx[I, J, (y, x, c)] = sum over the taps (a, b) that meet the class, and over f, of
//                         dy[I + i(y, a), J + j(x, b), f] k[a, b, c, f].
// The classes of a row for which j is the same are a part: its sums are a product, with dy for A, a
// row for each J, and the kernel, turned, for B, with the channels of those classes beside one
// another as they are in dx.
namespace minnow::kernels {
namespace {

constexpr std::int64_t most_terms = 1024;     // of a part
constexpr std::int64_t most_numbers = 32768;  // of a kernel
constexpr std::int64_t most_pieces = 64;

// Numbers of a part in B, with nothing behind them in the last register.
std::int64_t width_of(const Conv2DSize& s, Span classes) {
  return whole_registers(classes.size() * s.channels);
}

class Joined {
 public:
  Joined(const Conv2DSize& s, const float* dy, const float* kernel, float* dx)
      : s_(s),
        dy_(dy),
        dx_(dx),
        rows_(row_axis(s)),
        columns_(column_axis(s)),
        step_(s.dilation_h / std::gcd(s.dilation_h, s.stride_h)),
        row_size_(s.out_w * s.filters),
        tiles_(kernels::tiles()) {
    for (std::int64_t tap = 0, t = 0; tap < s.kernel_h; ++tap) {
      for (std::int64_t f = 0; f < s.filters; ++f) offsets_[t++] = f - tap * step_ * row_size_;
    }
    const Span all{0, columns_.classes()}, outputs = columns_.outputs();
    float* packed = kernel_;
    for (std::int64_t y = 0; y < rows_.classes(); ++y) {
      // What all classes meet, then what some do.
      bool add = false;
      for (const bool by_all : {true, false}) {
        for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
          const Span met = columns_.meeting(o);
          if (met.size() <= 0 || (met.size() == all.size()) != by_all) continue;
          packed = set_part({.y = y, .x = met, .output = o, .add = add}, kernel, packed);
          add = true;
        }
      }
    }
  }

  // In strides.
  std::int64_t rows_of_image() const { return rows_.places(); }

  // Rows of places [begin, end), in strides, counted through the batch: a few of an image at a
  // time, while their outputs and places are in the first cache.
  void run(std::int64_t begin, std::int64_t end) const {
    constexpr std::int64_t few = 8;
    Piece pieces[most_pieces];
    std::copy_n(pieces_, count_, pieces);
    while (begin < end) {
      const std::int64_t n = begin / rows_of_image(), row = begin % rows_of_image();
      const std::int64_t some = std::min({few, rows_of_image() - row, end - begin});
      for (Piece* piece = pieces; piece < pieces + count_; ++piece) {
        sum(n, {row, row + some}, *piece);
      }
      begin += some;
    }
  }

 private:
  struct Part {
    std::int64_t y;       // the classes' first row,
    Span x;               // their first places,
    std::int64_t output;  // and the column of outputs that those meet
    bool add;
    std::int64_t row = 0, taps = 0;  // of outputs that the first tap meets, and of taps
    std::int64_t places = 0;
    Span inside{0, 0};         // those that meet outputs inside
    std::int64_t numbers = 0;  // of a place, and of the last one, which may be there for the first
    std::int64_t last = 0;     // classes only
  };
  // Some columns of a part, and the job that a tile gets for them.
  struct Piece {
    Part part;
    std::int64_t first;  // column
    int width;
    const float* kernel;
    std::int64_t of_last;  // columns that are there in the last place
    std::int64_t whole;    // places that meet outputs and have all columns
    TileCut cut{0, 1};     // of those
    TileJob job;
  };

  float* set_part(Part part, const float* kernel, float* packed) {
    part.places = columns_.places_of(part.x.begin);
    part.inside = places_inside(part.output, 1, s_.out_w, part.places);
    part.numbers = part.x.size() * s_.channels;
    const std::int64_t last_x = part.x.begin + (part.places - 1) * s_.stride_w;
    part.last = std::min(part.numbers, (s_.width - last_x) * s_.channels);
    const std::int64_t width = width_of(s_, part.x);
    float* const numbers = packed;
    for (std::int64_t a = 0; a < s_.kernel_h; ++a) {
      if (!rows_.hits(part.y, a)) continue;
      if (part.taps++ == 0) part.row = rows_.output(part.y, a);
      std::fill_n(packed, s_.filters * width, 0.0F);
      for (std::int64_t x = part.x.begin; x < part.x.end; ++x) {
        const std::int64_t b = x + s_.pad_left - part.output * s_.stride_w;
        pack_columns({kernel + (a * s_.kernel_w + b) * s_.channels * s_.filters, s_.filters,
                      /*transposed=*/true},
                     {0, s_.filters}, 0, s_.channels, width,
                     packed + (x - part.x.begin) * s_.channels);
      }
      packed += s_.filters * width;
    }
    TileJob job{};
    job.offsets = offsets_;
    job.fours = s_.filters % 4 == 0;
    set_rows(job, s_.filters);
    job.b_row = width;
    job.c_row = across();
    job.add = part.add;
    job.floor = no_floor;
    for (std::int64_t c = 0; c < part.numbers; c += job.columns) {
      const int some = tiles_.broad(part.numbers - c);
      job.columns = std::min<std::int64_t>(part.numbers - c, some);
      const std::int64_t of_last = std::clamp<std::int64_t>(part.last - c, 0, job.columns);
      const bool all = of_last == job.columns || part.inside.end < part.places;
      const std::int64_t whole = part.inside.size() - (all ? 0 : 1);
      pieces_[count_++] = {
          part, c, some, numbers + c, of_last, whole, TileCut(whole, tiles_.tallest(some)), job};
    }
    return packed;
  }

  // The taps of the part's class that meet outputs inside: tap k those k step_ rows above the
  // first one's.
  Span taps_of(const Part& part, std::int64_t row) const {
    const std::int64_t first = row + part.row;
    const std::int64_t above = first < 0 ? 0 : std::min(part.taps, ceil_div(first + 1, step_));
    const std::int64_t below = std::max<std::int64_t>(0, ceil_div(first - s_.out_h + 1, step_));
    return {std::min(above, below), above};
  }

  // A piece's share in some rows of image n.
  void sum(std::int64_t n, Span rows, Piece& piece) const {
    rows.end = std::min(rows.end, rows_.places_of(piece.part.y));
    while (rows.begin < rows.end) {
      const Span taps = taps_of(piece.part, rows.begin);
      Span same{rows.begin, rows.begin + 1};
      while (same.end < rows.end && taps_of(piece.part, same.end) == taps) ++same.end;
      sum(n, same, taps, piece);
      rows.begin = same.end;
    }
  }
  void sum(std::int64_t n, Span rows, Span taps, Piece& piece) const {
    const Part& part = piece.part;
    const std::int64_t next_row = s_.stride_h * s_.width * s_.channels;
    float* const row = dx_ + ((n * s_.height + part.y) * s_.width + part.x.begin) * s_.channels +
                       rows.begin * next_row + piece.first;
    TileJob& job = piece.job;
    const std::int64_t columns = job.columns;
    for (std::int64_t t = 0; !part.add && t < part.places; ++t) {
      if (part.inside.begin <= t && t < part.inside.end) continue;
      for (std::int64_t r = 0; r < rows.size(); ++r) {
        std::fill_n(row + r * next_row + t * across(),
                    t < part.places - 1 ? columns : piece.of_last, 0.0F);
      }
    }
    if (part.inside.size() == 0) return;
    job.terms = job.whole = taps.size() * s_.filters;
    const std::int64_t output_row =
        taps.size() > 0 ? rows.begin + part.row - taps.begin * step_ : 0;
    job.a = dy_ + (n * s_.out_h + output_row) * row_size_ +
            (part.inside.begin + part.output) * s_.filters;
    job.b = piece.kernel + taps.begin * s_.filters * job.b_row;
    job.c = row + part.inside.begin * across();
    const auto run = [&](int width, const TileCut& cut) {
      run_cuts(tiles_, job, width, cut, rows.size(), row_size_, next_row);
    };
    run(piece.width, piece.cut);
    if (piece.whole == part.inside.size()) return;
    job.a += piece.whole * s_.filters;
    job.c += piece.whole * across();
    for (std::int64_t c = 0; c < piece.of_last; c += job.columns) {
      const int width = tiles_.broad(piece.of_last - c);
      job.columns = std::min<std::int64_t>(piece.of_last - c, width);
      run(width, TileCut(1, 1));
      job.b += job.columns;
      job.c += job.columns;
    }
    job.columns = columns;
  }

  // From a place to the next one of its class.
  std::int64_t across() const { return s_.stride_w * s_.channels; }

  const Conv2DSize& s_;
  const float* dy_;
  float* dx_;
  Axis rows_, columns_;
  std::int64_t step_;  // rows of outputs from a class's tap to the next
  std::int64_t row_size_;
  const Tiles& tiles_;
  std::int64_t count_ = 0;
  Piece pieces_[most_pieces];
  std::int64_t offsets_[most_terms];
  alignas(64) float kernel_[most_numbers];
};

}  // namespace

bool joined_fits(const Conv2DSize& s) {
  const Axis columns = column_axis(s);
  const bool by_dots = s.channels <= 5 && s.filters > s.channels;
  if (by_dots || s.groups > 1 || s.stride_w == 1 || s.dilation_w > 1 || s.width < s.stride_w ||
      s.kernel_w < 2 * s.stride_w - 1 || s.channels * s.stride_w > widest_panel ||
      s.kernel_h * s.filters > most_terms) {
    return false;
  }
  // As many pieces as there are at most, and the same for AVX2 and AVX-512.
  const std::int64_t lanes = std::min(tiles().lanes, 8);
  std::int64_t pieces = 0, numbers = 0;
  const Span outputs = columns.outputs();
  for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
    const Span met = columns.meeting(o);
    if (met.size() <= 0) continue;
    numbers += width_of(s, met);
    pieces += ceil_div(met.size() * s.channels, lanes);
  }
  return pieces * s.stride_h <= most_pieces && numbers * s.kernel_h * s.filters <= most_numbers;
}

void input_gradient_by_joined(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                              const float* dy, const float* kernel, float* dx, double work) {
  const Joined gradient(s, dy, kernel, dx);
  workers.for_range(batch * gradient.rows_of_image(), work * static_cast<double>(s.stride_h),
                    [&](std::int64_t begin, std::int64_t end) { gradient.run(begin, end); });
}

}  // namespace minnow::kernels
