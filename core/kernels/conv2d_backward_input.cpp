#include <algorithm>

#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_axis.h"
#include "core/kernels/conv2d_by_forward.h"
#include "core/kernels/conv2d_by_products.h"
#include "core/kernels/conv2d_by_taps.h"
#include "core/kernels/conv2d_few_channels.h"
#include "core/kernels/conv2d_joined.h"
#include "core/kernels/conv2d_product.h"
#include "core/kernels/conv2d_slab.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/dots.h"
#include "core/kernels/pack.h"
#include "core/kernels/tile.h"
#include "core/kernels/winograd.h"
#include "core/parallel.h"

// dx[y, x, c] = sum over taps and filters of dy[i, j, f] k[a, b, c, f], i and j being where
// y + pad = i stride + a dilation (and so for x). Places of dx that lie whole strides apart are a
// class: they meet the same taps, and neighbours among them neighbours in dy. For each class this
// is the product of gemm again, with dy for A, zeros around it in a slab, and the kernel, turned,
// for B. With few channels lanes would stay empty: there registers go along the filters instead, or
// along a row (conv2d_few_channels.h), or along taps (conv2d_by_products.h), or along several
// classes (conv2d_joined.h). Without strides, where there is one class, it is a convolution of dy
// (conv2d_by_forward.h).
namespace minnow::kernels {
namespace {

constexpr std::int64_t most_terms = 1024;  // of sums in registers, and of offsets
constexpr std::int64_t most_packed = 32768;
constexpr std::int64_t most_parts = 64;

class InputGradient {
 public:
  InputGradient(const Conv2DSize& s, const float* dy, const float* kernel, float* dx)
      : s_(s),
        dy_(dy),
        kernel_(kernel),
        dx_(dx),
        rows_(row_axis(s)),
        columns_(column_axis(s)),
        channels_(s.channels / s.groups),
        filters_(s.filters / s.groups),
        by_dots_(channels_ <= 5 && filters_ > channels_ &&
                 (s.groups == 1 || filters_ % dot_lanes == 0)),
        met_rows_(rows_.outputs()),
        met_columns_(columns_.outputs()) {
    depth_ = by_dots_ && s.groups == 1 ? terms_of_tap() : s.filters;
    in_place_ = depth_ == s.filters && met_rows_.begin >= 0 && met_columns_.begin >= 0 &&
                met_rows_.end + rows_.places() - 1 <= s.out_h &&
                met_columns_.end + columns_.places() - 1 <= s.out_w;
    if (in_place_) {
      wide_ = columns_.places();
      row_size_ = s.out_w * s.filters;
    } else {
      wide_ = std::min(columns_.places(),
                       most_slab / (depth_ * met_rows_.size()) - met_columns_.size() + 1);
      row_size_ = (wide_ + met_columns_.size() - 1) * depth_;
    }
  }

  // In strides.
  std::int64_t rows_of_image() const { return rows_.places(); }

  // Whether a slab has room for what enough places meet.
  bool fits() const {
    constexpr std::int64_t few_terms = 64;  // a tap with fewer is met best together with others
    if (in_place_) return true;
    if (wide_ < 1) return false;
    const std::int64_t rows = most_slab / row_size_ - met_rows_.size() + 1;
    return filters_ < few_terms || enough_places(wide_ * std::min(rows, rows_.places()),
                                                 rows_.places() * columns_.places());
  }

  // Rows of places [begin, end), in strides, counted through the batch.
  void run(std::int64_t begin, std::int64_t end) const {
    const Tiles& tiles = kernels::tiles();
    for (std::int64_t group = 0; group < s_.groups; ++group) {
      for (std::int64_t c = 0; c < channels_;) {
        const std::int64_t left = channels_ - c;
        const int width = by_dots_ ? static_cast<int>(left)
                                   : tiles.for_rows(std::min(wide_, columns_.places()), left);
        const Panel panel{group, c, std::min<std::int64_t>(left, width), width};
        sum_panel(panel, begin, end);
        c += panel.channels;
      }
    }
  }

 private:
  struct Panel {
    std::int64_t group, first, channels;
    int width;
  };

  // Some terms of a class, counted filter by filter and tap by tap.
  struct Part {
    std::int64_t y, x;          // the class's first place
    std::int64_t begin, terms;  // from the class's begin-th on
    std::int64_t at;            // where they lie in the pass
    bool add;
  };
  // What goes through the slabs at a time: parts of one class or of several.
  struct Pass {
    std::int64_t count = 0, terms = 0;
    std::int64_t room;
    Part parts[most_parts];
    std::int64_t offsets[most_terms];  // of terms, or of dot_lanes of them
    std::int64_t chunks[most_terms];   // where those of a part lie in its kernel
    alignas(64) float kernel[most_packed];
  };

  // Whether a tap belongs to a part's terms.
  bool belongs(const Part& part, std::int64_t a, std::int64_t b) const {
    return rows_.hits(part.y, a) && columns_.hits(part.x, b);
  }

  std::int64_t unit() const { return by_dots_ ? dot_lanes : 1; }
  std::int64_t terms_of_tap() const {
    return by_dots_ ? ceil_div(filters_, dot_lanes) * dot_lanes : filters_;
  }

  void sum_panel(const Panel& panel, std::int64_t begin, std::int64_t end) const {
    Pass pass;
    pass.room = std::min(most_terms * unit(), most_packed / panel.width / unit() * unit());
    for (std::int64_t t = 0; t < most_terms; ++t) pass.chunks[t] = t * dot_lanes;
    const auto finish = [&] {
      sum(panel, pass, begin, end);
      pass.count = pass.terms = 0;
    };
    for (std::int64_t c = 0; c < rows_.classes() * columns_.classes(); ++c) {
      Part part{c / columns_.classes(), c % columns_.classes(), 0, 0, 0, /*add=*/false};
      std::int64_t terms = 0;
      for (std::int64_t tap = 0; tap < rows_.taps * columns_.taps; ++tap) {
        if (belongs(part, tap / columns_.taps, tap % columns_.taps)) terms += terms_of_tap();
      }
      do {  // once for a class that meets no tap, too: its gradient is 0
        if (pass.terms == pass.room || pass.count == most_parts) finish();
        part.terms = std::min(terms - part.begin, pass.room - pass.terms);
        part.at = pass.terms;
        pack(panel, part, pass);
        pass.parts[pass.count++] = part;
        pass.terms += part.terms;
        part.begin += part.terms;
        part.add = true;
      } while (part.begin < terms);
    }
    finish();
  }

  // A part's offsets and numbers of the kernel.
  void pack(const Panel& panel, const Part& part, Pass& pass) const {
    std::int64_t first = 0;  // term of a tap
    for (std::int64_t a = 0; a < rows_.taps; ++a) {
      for (std::int64_t b = 0; b < columns_.taps; ++b) {
        if (!belongs(part, a, b)) continue;
        const std::int64_t begin = std::max(part.begin, first);
        const std::int64_t end = std::min(part.begin + part.terms, first + terms_of_tap());
        if (begin < end) {
          const std::int64_t place = (rows_.output(part.y, a) - met_rows_.begin) * row_size_ +
                                     (columns_.output(part.x, b) - met_columns_.begin) * depth_;
          const Span filters{begin - first, end - first};
          const std::int64_t at = part.at + begin - part.begin;
          for (std::int64_t f = 0; f < filters.size(); f += unit()) {
            pass.offsets[(at + f) / unit()] = place + filters.begin + f;
          }
          pack_tap(panel, a * columns_.taps + b, filters, at, pass);
        }
        first += terms_of_tap();
      }
    }
  }

  // Some of a tap's filters.
  void pack_tap(const Panel& panel, std::int64_t tap, Span filters, std::int64_t at,
                Pass& pass) const {
    const float* from = kernel_ + (tap * channels_ + panel.first) * s_.filters +
                        panel.group * filters_ + filters.begin;
    if (!by_dots_) {
      return pack_columns({from, s_.filters, /*transposed=*/true}, {0, filters.size()}, 0,
                          panel.channels, panel.width, pass.kernel + at * panel.width);
    }
    const std::int64_t exist = std::min(filters_, filters.end) - filters.begin;
    for (std::int64_t c = 0; c < panel.channels; ++c) {
      float* to = pass.kernel + c * pass.room + at;
      std::fill(std::copy_n(from + c * s_.filters, exist, to), to + filters.size(), 0.0F);
    }
  }

  void sum(const Panel& panel, const Pass& pass, std::int64_t begin, std::int64_t end) const {
    alignas(64) float copy[most_slab];
    const std::int64_t most_rows =
        in_place_ ? rows_.places() : most_slab / row_size_ - met_rows_.size() + 1;
    for (std::int64_t r = begin; r < end;) {
      const std::int64_t n = r / rows_.places(), row = r % rows_.places();
      const std::int64_t count = std::min({most_rows, rows_.places() - row, end - r});
      const float* image = dy_ + n * s_.out_h * s_.out_w * s_.filters;
      for (std::int64_t t = 0; t < columns_.places(); t += wide_) {
        const Slab slab{row + met_rows_.begin, t + met_columns_.begin, count + met_rows_.size() - 1,
                        wide_ + met_columns_.size() - 1, depth_};
        const float* a = copy;
        if (in_place_) {
          a = image + slab.top * row_size_ + slab.left * depth_;
        } else {
          slab.copy(image, s_.out_h, s_.out_w, s_.filters, copy);
        }
        for (const Part* part = pass.parts; part < pass.parts + pass.count; ++part) {
          sum_places(panel, pass, *part, a, {n, row, t}, count);
        }
      }
      r += count;
    }
  }

  struct Place {
    std::int64_t image, row, column;  // in strides
  };

  // rows x columns places of dx with so many numbers each, and where dy begins for them.
  struct Block {
    const float* a;
    float* dx;
    std::int64_t rows, columns, numbers;
  };

  // A part's share in `count` rows of its class from a place on, for which dy begins at a.
  void sum_places(const Panel& panel, const Pass& pass, const Part& part, const float* a,
                  const Place& place, std::int64_t count) const {
    const std::int64_t rows = std::min(count, rows_.places_of(part.y) - place.row);
    const std::int64_t y = part.y + place.row * s_.stride_h;
    const std::int64_t x = part.x + place.column * s_.stride_w;
    float* dx = dx_ + ((place.image * s_.height + y) * s_.width + x) * s_.channels +
                panel.group * channels_ + panel.first;
    const std::int64_t columns =
        std::clamp<std::int64_t>(columns_.places_of(part.x) - place.column, 0, wide_);
    Block block{a + panel.group * filters_, dx, rows, columns, panel.channels};
    if (by_dots_) return sum_by_dots(pass, part, block);
    const Span all{part.begin, part.begin + part.terms};
    if (in_place_ || is_small(part, block)) return sum_by_tiles(panel, pass, part, all, block);
    // Rows of places that meet dy with all of the kernel, and single ones.
    const Span inside{-met_rows_.begin, s_.out_h - met_rows_.end + 1};
    for (std::int64_t row = place.row; row < place.row + rows; row += block.rows) {
      const bool meets_all = row >= inside.begin && row < inside.end;
      block.rows = meets_all ? std::min(inside.end, place.row + rows) - row : 1;
      sum_by_tiles(panel, pass, part, meets_all ? all : met_terms(part, row), block);
      block.a += block.rows * row_size_;
      block.dx += block.rows * down();
    }
  }

  // Whether leaving out terms of a row takes more time than it saves.
  bool is_small(const Part& part, const Block& block) const {
    return part.terms * block.columns * ceil_div(block.numbers, lane_unit) < 512;
  }

  // The part's terms, counted through its class, for which a row of places lies inside dy: those of
  // some rows of the kernel. Others meet zeros.
  Span met_terms(const Part& part, std::int64_t row) const {
    std::int64_t of_row = 0, first = 0;
    for (std::int64_t b = 0; b < columns_.taps; ++b) {
      if (columns_.hits(part.x, b)) of_row += terms_of_tap();
    }
    Span met{0, 0};
    for (std::int64_t a = 0; a < rows_.taps; ++a) {
      if (!rows_.hits(part.y, a)) continue;
      const std::int64_t output = row + rows_.output(part.y, a);
      if (output >= 0 && output < s_.out_h) {
        met = {met.size() == 0 ? first : met.begin, first + of_row};
      }
      first += of_row;
    }
    return cut({part.begin, part.begin + part.terms}, met);
  }

  std::int64_t down() const { return s_.stride_h * s_.width * s_.channels; }

  void sum_by_dots(const Pass& pass, const Part& part, const Block& block) const {
    DotJob job{.rows = block.columns,
               .columns = block.numbers,
               .chunks = part.terms / dot_lanes,
               .a_offsets = pass.offsets + part.at / dot_lanes,
               .b_offsets = pass.chunks,
               .a = block.a,
               .a_row = depth_,
               .b = pass.kernel + part.at,
               .b_row = pass.room,
               .c = block.dx,
               .c_row = s_.stride_w * s_.channels,
               .add = part.add,
               .floor = no_floor};
    for (std::int64_t row = 0; row < block.rows; ++row) {
      run_dots(job);
      job.a += row_size_;
      job.c += down();
    }
  }

  // Of the part's terms some.
  void sum_by_tiles(const Panel& panel, const Pass& pass, const Part& part, Span terms,
                    const Block& block) const {
    if (part.add && terms.size() == 0) return;
    const Tiles& tiles = kernels::tiles();
    const std::int64_t at = part.at + terms.begin - part.begin;
    TileJob job{};
    job.terms = terms.size();
    job.offsets = pass.offsets + at;
    job.fours = filters_ % 4 == 0;
    set_rows(job, depth_);
    job.b_row = panel.width;
    job.c_row = s_.stride_w * s_.channels;
    job.add = part.add;
    job.floor = no_floor;
    job.a = block.a;
    job.b = pass.kernel + at * panel.width;
    job.c = block.dx;
    job.columns = block.numbers;
    run_cuts(tiles, job, panel.width, TileCut(block.columns, tiles.tallest(panel.width)),
             block.rows, row_size_, down());
  }

  const Conv2DSize& s_;
  const float* dy_;
  const float* kernel_;
  float* dx_;
  Axis rows_, columns_;
  std::int64_t channels_, filters_;  // of a group
  bool by_dots_;
  Span met_rows_, met_columns_;
  std::int64_t depth_;  // numbers of a place in the slab
  bool in_place_;
  std::int64_t wide_;  // places that go through a slab beside one another
  std::int64_t row_size_;
};

}  // namespace

void conv2d_backward_input(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                           const float* dy, const float* kernel, float* dx) {
  if (is_product(size)) {
    const ProductSides sides(size, batch);
    return gemm(workers, {sides.outputs, sides.seen, size.filters}, {dy, size.filters},
                {kernel, size.filters, /*transposed=*/true}, dx, sides.seen, /*accumulate=*/false);
  }
  if (winograd_fits(size, batch)) {
    return winograd_backward_input(workers, size, batch, dy, kernel, dx);
  }
  const std::int64_t terms =
      size.kernel_h * size.kernel_w * size.filters / size.groups / (size.stride_h * size.stride_w);
  const double work =
      static_cast<double>(size.width * size.channels) * (0.2 + 0.03 * static_cast<double>(terms));
  if (by_products_fits(size)) {
    return input_gradient_by_products(workers, size, batch, dy, kernel, dx, work);
  }
  if (few_channels_fit(size)) {
    return few_channels_backward_input(workers, size, batch, dy, kernel, dx, work);
  }
  if (joined_fits(size)) {
    return input_gradient_by_joined(workers, size, batch, dy, kernel, dx, work);
  }
  const auto by_taps = [&] {
    workers.for_range(batch * size.height, work, [&](std::int64_t begin, std::int64_t end) {
      input_gradient_by_taps(size, {begin, end}, dy, kernel, dx);
    });
  };
  if (taps_pay(size)) return by_taps();
  if (goes_forward(size)) return input_gradient_forward(workers, size, batch, dy, kernel, dx);
  const InputGradient gradient(size, dy, kernel, dx);
  if (!gradient.fits()) return by_taps();
  workers.for_range(batch * gradient.rows_of_image(), work * static_cast<double>(size.stride_h),
                    [&](std::int64_t begin, std::int64_t end) { gradient.run(begin, end); });
}

}  // namespace minnow::kernels
