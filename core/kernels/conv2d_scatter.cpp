#include "core/kernels/conv2d_scatter.h"

#include <algorithm>

#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_slab.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pack.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/conv2d_scatter.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

void add_runs(const RunsJob& job) {
  const FloatTag d;
  const std::int64_t whole = job.numbers / lanes * lanes;
  const Partial part(job.numbers - whole);
  for (std::int64_t first = 0; first < job.apart; ++first) {
    for (std::int64_t i = first; i < job.runs; i += job.apart) {
      const float* from = job.from + i * job.from_next;
      float* to = job.to + i * job.to_next;
      for (std::int64_t q = 0; q < whole; q += lanes) {
        hn::StoreU(hn::Add(hn::LoadU(d, to + q), hn::LoadU(d, from + q)), d, to + q);
      }
      if constexpr (stores_parts) {
        const Floats sum = hn::Add(part.load(to + whole), part.load(from + whole));
        if (part.count > 0) part.store(sum, to + whole);
      } else {
        for (std::int64_t q = whole; q < job.numbers; ++q) to[q] += from[q];
      }
    }
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(add_runs);

// p[i, j, (a, b, c)] = sum over f of dy[i, j, f] k[a, b, c, f], and dx[i s + a - pad, j s + b -
// pad, c] = sum over all p that belong there, in the order of i and, in a row, of `apart`.
constexpr std::int64_t most_terms = 1024;     // of a sum
constexpr std::int64_t most_numbers = 32768;  // of a kernel
constexpr std::int64_t near_products = 4096;  // of some rows, which stay in the first cache
constexpr std::int64_t lane_unit = 16;        // of any instruction set's registers

// The products of an output, with nothing behind them in the last register.
std::int64_t products_of(const Conv2DSize& s) {
  return ceil_div(s.kernel_h * s.kernel_w * s.channels, lane_unit) * lane_unit;
}

class Scatter {
 public:
  Scatter(const Conv2DSize& s, const float* dy, const float* kernel, float* dx)
      : s_(s),
        dy_(dy),
        dx_(dx),
        run_(s.kernel_w * s.channels),
        products_(products_of(s)),
        most_rows_(std::max<std::int64_t>(1, near_products / (products_ * s.out_w))) {
    for (std::int64_t f = 0; f < s.filters; ++f) offsets_[f] = f;
    for_panels([&](std::int64_t first, int width) {
      const std::int64_t exist = std::min<std::int64_t>(s.kernel_h * run_ - first, width);
      pack_panels({kernel + first * s.filters, s.filters, /*transposed=*/true}, {0, s.filters}, 0,
                  exist, width, kernel_ + first * s.filters);
    });
  }

  // Rows [begin, end) of dx, counted through the batch.
  void run(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t r = begin; r < end;) {
      const std::int64_t n = r / s_.height, row = r % s_.height;
      const Span rows{row, std::min(s_.height, row + end - r)};
      sum_image(n, rows);
      r += rows.size();
    }
  }

 private:
  // f(first, width) for panels of products, which have no empty columns.
  template <class F>
  void for_panels(const F& f) const {
    for (std::int64_t first = 0; first < products_;) {
      const int width = tiles().wide(products_ - first);
      f(first, width);
      first += width;
    }
  }

  std::int64_t row_size() const { return s_.width * s_.channels; }

  // Rows of dx of image n. Outputs that meet them from outside are computed for other rows, too.
  void sum_image(std::int64_t n, Span rows) const {
    alignas(64) float products[most_slab];
    float* image = dx_ + n * s_.height * row_size();
    std::fill_n(image + rows.begin * row_size(), rows.size() * row_size(), 0.0F);
    const std::int64_t first = ceil_div(rows.begin + s_.pad_top - s_.kernel_h + 1, s_.stride_h);
    const std::int64_t end = std::min(s_.out_h, (rows.end - 1 + s_.pad_top) / s_.stride_h + 1);
    for (std::int64_t i = std::max<std::int64_t>(first, 0); i < end; i += most_rows_) {
      const std::int64_t count = std::min(most_rows_, end - i);
      multiply(dy_ + (n * s_.out_h + i) * s_.out_w * s_.filters, count * s_.out_w, products);
      for (std::int64_t q = 0; q < count; ++q) {
        for (std::int64_t a = 0; a < s_.kernel_h; ++a) {
          const std::int64_t y = (i + q) * s_.stride_h - s_.pad_top + a;
          if (y < rows.begin || y >= rows.end) continue;
          add_row(products + q * s_.out_w * products_ + a * run_, image + y * row_size());
        }
      }
    }
  }

  void multiply(const float* dy, std::int64_t outputs, float* products) const {
    TileJob job{};
    job.terms = s_.filters;
    job.offsets = offsets_;
    job.fours = true;
    set_rows(job, s_.filters);
    job.a = dy;
    job.c_row = products_;
    job.floor = no_floor;
    for_panels([&](std::int64_t first, int width) {
      job.columns = job.b_row = width;
      job.b = kernel_ + first * s_.filters;
      job.c = products + first;
      run_rows(tiles(), job, width, outputs);
    });
  }

  // What a row of outputs gives to a row of dx by a row of the kernel.
  void add_row(const float* from, float* to) const {
    const std::int64_t step = s_.stride_w * s_.channels;
    // Runs are added to the same numbers one after another only when the first is surely written: a
    // part of a register counts as a whole one there.
    const std::int64_t reach = run_ % lane_unit == 0 ? run_ : run_ + lane_unit;
    RunsJob job{};
    job.from_next = products_;
    job.to_next = step;
    job.apart = ceil_div(reach, step);
    const Span inside =
        places_inside(-s_.pad_left, s_.stride_w, s_.width - s_.kernel_w + 1, s_.out_w);
    for (std::int64_t j = 0; j < s_.out_w; j += job.runs) {
      const std::int64_t x = j * s_.stride_w - s_.pad_left;
      const Span taps{std::max<std::int64_t>(0, -x), std::min(s_.kernel_w, s_.width - x)};
      job.runs = j == inside.begin ? std::max<std::int64_t>(inside.size(), 1) : 1;
      job.from = from + j * products_ + taps.begin * s_.channels;
      job.to = to + (x + taps.begin) * s_.channels;
      job.numbers = taps.size() * s_.channels;
      if (job.numbers > 0) HWY_DYNAMIC_DISPATCH(add_runs)(job);
    }
  }

  const Conv2DSize& s_;
  const float* dy_;
  float* dx_;
  std::int64_t run_, products_, most_rows_;
  std::int64_t offsets_[most_terms];
  alignas(64) float kernel_[most_numbers];
};

}  // namespace

bool scatter_fits(const Conv2DSize& s) {
  const bool plain = s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
  if (!plain || s.channels < 3 || s.filters > most_terms ||
      products_of(s) * s.filters > most_numbers || s.out_w * products_of(s) > most_slab) {
    return false;
  }
  // Much of what the other ways compute would be of zeros, or of nothing.
  const std::int64_t outputs = s.out_h * s.out_w * s.stride_h * s.stride_w;
  if (2 * s.height * s.width >= 3 * outputs && s.filters >= 8) return true;
  if (s.stride_h > 1 || s.stride_w > 1) return s.channels <= 5;
  if (s.channels <= 7) return s.filters >= 13;
  return s.channels <= 12 && s.filters >= 2 * s.channels && s.width >= 16 && s.width < 24;
}

void scatter_backward_input(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                            const float* dy, const float* kernel, float* dx, double work) {
  const Scatter gradient(s, dy, kernel, dx);
  workers.for_range(batch * s.height, work,
                    [&](std::int64_t begin, std::int64_t end) { gradient.run(begin, end); });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
