#include "core/kernels/conv2d_by_products.h"

#include <algorithm>
#include <span>

#include "core/kernels/conv2d_axis.h"
#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pack.h"
#include "core/kernels/tile.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/conv2d_by_products.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// `count` places at a time, whose sums do not wait for one another.
template <int count>
HWY_INLINE void sum_places(const SumsJob& job, const Partial& part, const float* from, float* to) {
  const FloatTag d;
  const std::int64_t next = job.from_next;
  const std::int64_t* offset = job.offsets;
  const std::int64_t* const end = offset + job.terms;
  Floats sum[count];
  unrolled<count>([&](auto i) HWY_ATTR { sum[i] = hn::Zero(d); });
  for (; offset != end; ++offset) {
    const float* place = from + *offset;
    unrolled<count>([&](auto i)
                        HWY_ATTR { sum[i] = hn::Add(sum[i], hn::LoadU(d, place + i * next)); });
  }
  unrolled<count>([&](auto i) HWY_ATTR {
    float* const out = to + i * job.to_next;
    if constexpr (stores_parts) {
      part.store(sum[i], out);
    } else {
      store_first(sum[i], part.count, out);
    }
  });
}

}  // namespace

void sum_products(const SumsJob& job) {
  for (std::int64_t q = 0; q < job.numbers; q += lanes) {
    const Partial part(job.numbers - q);
    const float* from = job.from + q;
    float* to = job.to + q;
    const auto sum = [&](auto count, std::int64_t i) HWY_ATTR {
      sum_places<count>(job, part, from + i * job.from_next, to + i * job.to_next);
    };
    if (job.places < 4) {
      for (std::int64_t i = 0; i < job.places; ++i) sum(Int<1>{}, i);
      continue;
    }
    for (std::int64_t i = 0; i + 4 < job.places; i += 4) sum(Int<4>{}, i);
    sum(Int<4>{}, job.places - 4);  // some of them again
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(sum_products);

// p[i, j, (a, b, c)] = sum over f of dy[i, j, f] k[a, b, c, f],
// r[y, j, (b, c)] = the sum of p[i, j, (a, b, c)] over all a with y + pad = i stride + a, and
// dx[y, x, c] = the sum of r[y, j, (b, c)] over all b with x + pad = j stride + b.
constexpr std::int64_t most_terms = 1024;      // of a product
constexpr std::int64_t most_numbers = 32768;   // of a kernel
constexpr std::int64_t most_taps = 64;         // of a row or a column of a kernel
constexpr std::int64_t most_classes = 16;      // of places of a row
constexpr std::int64_t most_products = 32768;  // that are kept,
constexpr std::int64_t near_products = 8192;   // and that stay in the first cache
constexpr std::int64_t most_row_sums = 8192;   // of a row of dx

// The numbers of an output: products, and sums for a row of dx. Nothing stands behind them in the
// last register.
std::int64_t products_of(const Conv2DSize& s) {
  return whole_registers(s.kernel_h * s.kernel_w * s.channels);
}
std::int64_t row_sums_of(const Conv2DSize& s) { return whole_registers(s.kernel_w * s.channels); }

// The outputs of a row that its places meet, inside or outside: at least all inside.
Span outputs_met(const Conv2DSize& s) {
  const Axis columns = column_axis(s);
  const Span first = columns.outputs();
  return {std::min<std::int64_t>(0, first.begin),
          std::max(s.out_w, first.end + columns.places() - 1)};
}

class ByProducts {
 public:
  ByProducts(const Conv2DSize& s, const float* dy, const float* kernel, float* dx)
      : s_(s),
        dy_(dy),
        dx_(dx),
        met_(outputs_met(s)),
        products_(products_of(s)),
        row_sums_(row_sums_of(s)),
        row_size_(s.out_w * products_),
        kept_(std::max(ceil_div(s.kernel_h, s.stride_h), near_products / row_size_)) {
    for (std::int64_t f = 0; f < s.filters; ++f) offsets_[f] = f;
    for_panels([&](std::int64_t first, int width) {
      const std::int64_t exist =
          std::min<std::int64_t>(s.kernel_h * s.kernel_w * s.channels - first, width);
      pack_panels({kernel + first * s.filters, s.filters, /*transposed=*/true}, {0, s.filters}, 0,
                  exist, width, kernel_ + first * s.filters);
    });
  }

  // Rows [begin, end) of dx, counted through the batch.
  void run(std::int64_t begin, std::int64_t end) const {
    Memory memory;
    std::fill_n(memory.row, met_.size() * row_sums_, 0.0F);  // those of outputs outside stay 0
    const std::int64_t classes = std::min(s_.stride_w, s_.width);
    std::int64_t* taps = memory.taps;
    for (std::int64_t x = 0; x < classes; ++x) taps = set_class(x, taps, memory);
    for (std::int64_t r = begin; r < end;) {
      const std::int64_t n = r / s_.height, row = r % s_.height;
      const Span rows{row, std::min(s_.height, row + end - r)};
      sum_image(n, rows, {memory.classes, static_cast<std::size_t>(classes)}, memory);
      r += rows.size();
    }
  }

 private:
  struct Memory {
    alignas(64) float products[most_products + lane_unit];
    alignas(64) float row[most_row_sums + lane_unit];
    std::int64_t taps[most_taps];
    SumsJob classes[most_classes];
  };

  // f(first, width) for panels of products, which have no empty columns.
  template <class F>
  void for_panels(const F& f) const {
    for (std::int64_t first = 0; first < products_;) {
      const int width = tiles().wide(products_ - first);
      f(first, width);
      first += width;
    }
  }

  // How the places of a class, whole strides apart from x on, are summed.
  std::int64_t* set_class(std::int64_t x, std::int64_t* taps, Memory& memory) const {
    std::int64_t* const first = taps;
    for (std::int64_t b = (x + s_.pad_left) % s_.stride_w; b < s_.kernel_w; b += s_.stride_w) {
      const std::int64_t output = (x + s_.pad_left - b) / s_.stride_w;  // that place x meets
      *taps++ = (output - met_.begin) * row_sums_ + b * s_.channels;
    }
    memory.classes[x] = {.places = ceil_div(s_.width - x, s_.stride_w),
                         .numbers = s_.channels,
                         .terms = taps - first,
                         .offsets = first,
                         .from = memory.row,
                         .from_next = row_sums_,
                         .to = nullptr,
                         .to_next = s_.stride_w * s_.channels};
    return taps;
  }

  // Some rows of dx of image n.
  void sum_image(std::int64_t n, Span rows, std::span<SumsJob> classes, Memory& memory) const {
    const float* dy = dy_ + n * s_.out_h * s_.out_w * s_.filters;
    float* dx = dx_ + (n * s_.height + rows.begin) * s_.width * s_.channels;
    const std::int64_t last = rows_met(rows.end - 1).end;
    std::int64_t offsets[most_taps];
    SumsJob row{.places = s_.out_w,
                .numbers = row_sums_,
                .terms = 0,
                .offsets = offsets,
                .from = memory.products,
                .from_next = products_,
                .to = memory.row - met_.begin * row_sums_,
                .to_next = row_sums_};
    std::int64_t computed = 0;
    for (std::int64_t y = rows.begin; y < rows.end; ++y) {
      const Span met = rows_met(y);
      if (computed < met.end) {  // and as many more as there is room for
        const Span missing{std::max(computed, met.begin), std::min(last, met.begin + kept_)};
        multiply_rows(dy, missing, memory.products);
        computed = missing.end;
      }
      row.terms = met.size();
      std::int64_t at = met.begin % kept_;
      for (std::int64_t i = met.begin; i < met.end; ++i) {
        const std::int64_t a = y + s_.pad_top - i * s_.stride_h;
        offsets[i - met.begin] = at * row_size_ + a * s_.kernel_w * s_.channels;
        if (++at == kept_) at = 0;
      }
      HWY_DYNAMIC_DISPATCH(sum_products)(row);
      for (std::size_t x = 0; x < classes.size(); ++x) {
        classes[x].to = dx + static_cast<std::int64_t>(x) * s_.channels;
        HWY_DYNAMIC_DISPATCH(sum_products)(classes[x]);
      }
      dx += s_.width * s_.channels;
    }
  }

  // Rows of outputs.
  Span rows_met(std::int64_t y) const {
    const std::int64_t first = ceil_div(y + s_.pad_top - s_.kernel_h + 1, s_.stride_h);
    const std::int64_t end = std::min(s_.out_h, (y + s_.pad_top) / s_.stride_h + 1);
    return {std::clamp<std::int64_t>(first, 0, end), end};
  }

  // Rows of products, of which row i is kept at i % kept_.
  void multiply_rows(const float* dy, Span rows, float* products) const {
    for (std::int64_t i = rows.begin; i < rows.end;) {
      const std::int64_t at = i % kept_, count = std::min(rows.end - i, kept_ - at);
      multiply(dy + i * s_.out_w * s_.filters, count * s_.out_w, products + at * row_size_);
      i += count;
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

  const Conv2DSize& s_;
  const float* dy_;
  float* dx_;
  Span met_;
  std::int64_t products_, row_sums_;  // of an output
  std::int64_t row_size_, kept_;      // of products
  std::int64_t offsets_[most_terms];
  alignas(64) float kernel_[most_numbers];
};

}  // namespace

bool by_products_fits(const Conv2DSize& s) {
  const bool plain = s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
  if (!plain || s.filters > most_terms || std::max(s.kernel_h, s.kernel_w) > most_taps ||
      s.stride_w > most_classes || products_of(s) * s.filters > most_numbers ||
      ceil_div(s.kernel_h, s.stride_h) * s.out_w * products_of(s) > most_products ||
      outputs_met(s).size() * row_sums_of(s) > most_row_sums) {
    return false;
  }
  // Much of what the other ways compute would be of zeros, or of nothing; products of few terms
  // that fill registers take longer to add than that.
  const std::int64_t outputs = s.out_h * s.out_w * s.stride_h * s.stride_w;
  const std::int64_t places = s.height * s.width;
  const bool mostly = places >= 4 * outputs;
  const std::int64_t least = mostly || s.channels < 16 ? 8 : s.channels < 32 ? 16 : 24;
  if (2 * places >= 3 * outputs && s.filters >= least) return true;
  const bool strided = s.stride_h > 1 || s.stride_w > 1;
  if (s.channels <= 2) {
    const bool few = !strided && s.filters <= 2 + 2 * s.channels;  // better a convolution of dy
    return s.filters >= 48 || (s.filters % lane_unit != 0 && !few);
  }
  if (strided) return s.channels <= (s.filters >= 16 ? 7 : 5);
  if (s.channels <= 7) return s.filters >= 13;
  const std::int64_t many = s.width < 16 ? 3 : s.width < 24 ? 2 : 4;
  return s.channels <= 12 && s.filters >= many * s.channels;
}

void input_gradient_by_products(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                                const float* dy, const float* kernel, float* dx, double work) {
  const ByProducts gradient(s, dy, kernel, dx);
  workers.for_range(batch * s.height, work,
                    [&](std::int64_t begin, std::int64_t end) { gradient.run(begin, end); });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
