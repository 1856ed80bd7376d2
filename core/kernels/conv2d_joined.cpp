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
constexpr std::int64_t most_parts = 64;
constexpr std::int64_t lane_unit = 16;  // of any instruction set's registers

struct Axes {
  Axis rows, columns;
  explicit Axes(const Conv2DSize& s)
      : rows{s.height, s.kernel_h, s.stride_h, s.pad_top, s.dilation_h},
        columns{s.width, s.kernel_w, s.stride_w, s.pad_left, s.dilation_w} {}
};

// Numbers of a part in B, with nothing behind them in the last register.
std::int64_t width_of(const Conv2DSize& s, Span classes) {
  return ceil_div(classes.size() * s.channels, lane_unit) * lane_unit;
}

class Joined {
 public:
  Joined(const Conv2DSize& s, const float* dy, const float* kernel, float* dx)
      : s_(s),
        dy_(dy),
        dx_(dx),
        axes_(s),
        step_(s.dilation_h / std::gcd(s.dilation_h, s.stride_h)),
        row_size_(s.out_w * s.filters) {
    for (std::int64_t t = 0; t < most_terms; ++t) {
      offsets_[t] = t % s.filters - t / s.filters * step_ * row_size_;
    }
    const Span all{0, axes_.columns.classes()}, outputs = axes_.columns.outputs();
    float* packed = kernel_;
    for (std::int64_t y = 0; y < axes_.rows.classes(); ++y) {
      // What all classes meet, then what some do.
      bool add = false;
      for (const bool by_all : {true, false}) {
        for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
          const Span met = axes_.columns.meeting(o);
          if (met.size() <= 0 || (met.size() == all.size()) != by_all) continue;
          packed = set_part({.y = y, .x = met, .output = o, .add = add}, kernel, packed);
          add = true;
        }
      }
    }
  }

  // In strides.
  std::int64_t rows_of_image() const { return axes_.rows.places(); }

  // Rows of places [begin, end), in strides, counted through the batch.
  void run(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t r = begin; r < end;) {
      const std::int64_t n = r / rows_of_image(), row = r % rows_of_image();
      const Span rows{row, std::min(rows_of_image(), row + end - r)};
      for (const Part* part = parts_; part < parts_ + count_; ++part) sum(*part, n, rows);
      r += rows.size();
    }
  }

 private:
  struct Part {
    std::int64_t y;       // the classes' first row,
    Span x;               // their first places,
    std::int64_t output;  // and the column of outputs that those meet
    bool add;
    std::int64_t row = 0, taps = 0;  // of outputs that the first tap meets, and of taps
    const float* kernel = nullptr;
  };

  float* set_part(Part part, const float* kernel, float* packed) {
    const std::int64_t width = width_of(s_, part.x);
    part.kernel = packed;
    for (std::int64_t a = 0; a < s_.kernel_h; ++a) {
      if (!axes_.rows.hits(part.y, a)) continue;
      if (part.taps++ == 0) part.row = axes_.rows.output(part.y, a);
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
    parts_[count_++] = part;
    return packed;
  }

  // A part's share in some rows of image n.
  void sum(const Part& part, std::int64_t n, Span rows) const {
    const std::int64_t end = std::min(rows.end, axes_.rows.places_of(part.y));
    // Tap k of a row meets outputs k step_ rows above those of the first one.
    const auto taps_inside = [&](std::int64_t row) -> Span {
      const std::int64_t first = row + part.row;
      const std::int64_t above = first < 0 ? 0 : std::min(part.taps, first / step_ + 1);
      return {std::min(above, std::max<std::int64_t>(0, ceil_div(first - s_.out_h + 1, step_))),
              above};
    };
    for (std::int64_t row = rows.begin, next; row < end; row = next) {
      const Span taps = taps_inside(row);
      next = row + 1;
      while (next < end && taps_inside(next) == taps) ++next;
      sum_rows_alike(part, n, {row, next}, taps);
    }
  }

  // The same for rows that meet the same taps inside.
  void sum_rows_alike(const Part& part, std::int64_t n, Span rows, Span taps) const {
    const std::int64_t places = axes_.columns.places_of(part.x.begin);
    const Span inside = places_inside(part.output, 1, s_.out_w, places);
    const std::int64_t numbers = part.x.size() * s_.channels;
    float* dx =
        dx_ + ((n * s_.height + part.y + rows.begin * s_.stride_h) * s_.width + part.x.begin) *
                  s_.channels;
    // The last place may be there for the first classes only.
    const std::int64_t last =
        std::min(numbers, (s_.width - part.x.begin - (places - 1) * s_.stride_w) * s_.channels);
    if (!part.add) {
      for (std::int64_t row = 0; row < rows.size(); ++row) {
        for (std::int64_t t = 0; t < places; ++t) {
          if (t == inside.begin) t = inside.end;
          if (t == places) break;
          std::fill_n(dx + row * down() + t * across(), t == places - 1 ? last : numbers, 0.0F);
        }
      }
    }
    const float* a = dy_ + (n * s_.out_h + rows.begin + part.row - taps.begin * step_) * row_size_ +
                     (inside.begin + part.output) * s_.filters;
    const bool cut = last < numbers && inside.end == places;
    const std::int64_t whole = inside.size() - (cut ? 1 : 0);
    multiply(part, taps, {a, dx + inside.begin * across(), rows.size(), whole, numbers});
    if (cut) {
      multiply(part, taps,
               {a + whole * s_.filters, dx + (places - 1) * across(), rows.size(), 1, last});
    }
  }

  // rows x columns places of dx with so many numbers each, and where dy begins for them.
  struct Block {
    const float* a;
    float* dx;
    std::int64_t rows, columns, numbers;
  };

  void multiply(const Part& part, Span taps, const Block& block) const {
    const Tiles& tiles = kernels::tiles();
    TileJob job{};
    job.terms = job.whole = taps.size() * s_.filters;
    job.offsets = offsets_;
    job.fours = s_.filters % 4 == 0;
    set_rows(job, s_.filters);
    job.b_row = width_of(s_, part.x);
    job.c_row = across();
    job.add = part.add;
    job.floor = no_floor;
    job.a = block.a;
    for (std::int64_t c = 0; c < block.numbers; c += job.columns) {
      const int width = tiles.broad(block.numbers - c);
      job.columns = std::min<std::int64_t>(block.numbers - c, width);
      job.b = part.kernel + taps.begin * s_.filters * job.b_row + c;
      job.c = block.dx + c;
      run_cuts(tiles, job, width, TileCut(block.columns, tiles.tallest(width)), block.rows,
               row_size_, down());
    }
  }

  // From a place to the next one of its class, and to the one below.
  std::int64_t across() const { return s_.stride_w * s_.channels; }
  std::int64_t down() const { return s_.stride_h * s_.width * s_.channels; }

  const Conv2DSize& s_;
  const float* dy_;
  float* dx_;
  Axes axes_;
  std::int64_t step_;  // rows of outputs from a class's tap to the next
  std::int64_t row_size_;
  std::int64_t count_ = 0;
  Part parts_[most_parts];
  std::int64_t offsets_[most_terms];
  alignas(64) float kernel_[most_numbers];
};

}  // namespace

bool joined_fits(const Conv2DSize& s) {
  const Axes axes(s);
  const bool by_dots = s.channels <= 5 && s.filters > s.channels;
  if (by_dots || s.groups > 1 || s.stride_w == 1 || s.dilation_w > 1 || s.width < s.stride_w ||
      s.kernel_w < 2 * s.stride_w - 1 || s.channels * s.stride_w > widest_panel ||
      s.kernel_h * s.filters > most_terms) {
    return false;
  }
  std::int64_t parts = 0, numbers = 0;
  const Span outputs = axes.columns.outputs();
  for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
    const Span met = axes.columns.meeting(o);
    if (met.size() <= 0) continue;
    ++parts;
    numbers += width_of(s, met);
  }
  return parts * s.stride_h <= most_parts && numbers * s.kernel_h * s.filters <= most_numbers;
}

void input_gradient_by_joined(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                              const float* dy, const float* kernel, float* dx, double work) {
  const Joined gradient(s, dy, kernel, dx);
  workers.for_range(batch * gradient.rows_of_image(), work * static_cast<double>(s.stride_h),
                    [&](std::int64_t begin, std::int64_t end) { gradient.run(begin, end); });
}

}  // namespace minnow::kernels
