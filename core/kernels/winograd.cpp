#include "core/kernels/winograd.h"

#include <algorithm>

#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_pieces.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/winograd.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

bool filters_minimally() { return HWY_TARGET != HWY_SCALAR; }

#if HWY_TARGET == HWY_SCALAR

// One number at a time, the transforms cost what they save: winograd_fits keeps work away.
void winograd_outputs(const WinogradForwardJob&, std::int64_t, std::int64_t) {}
void winograd_inputs(const InputGradientJob&, std::int64_t, std::int64_t) {}
void winograd_kernel(const KernelGradientJob&, Span, Span, Span) {}

#else

namespace {

// A patch's 16 numbers lie in 16 planes, each a matrix of patches x channels (or filters): so the
// products are 16 products of matrices. Some patches are transformed, multiplied and transformed
// back while they are in cache. Sizes are those of no instruction set, so that sums are cut alike
// in all of them.
constexpr std::int64_t planes = 16;
constexpr std::int64_t some_patches = 12;    // whole register tiles
constexpr std::int64_t most_weights = 2048;  // in a plane; 128 KB of stack in all
constexpr std::int64_t widest = 64;          // channels or filters in a block
constexpr std::int64_t some_deltas = 32;     // patches that the kernel's gradient takes at once
constexpr std::int64_t kernel_block = 32;    // its channels or filters in a block

// The widest tile, and the narrower of the two widths that holds `left` columns.
constexpr int most_cols = 2 * lanes;
constexpr int tile_width(std::int64_t left) { return left > lanes ? most_cols : lanes; }

/// max(v, 0), and NaN of NaN.
HWY_INLINE Floats relu(Floats v) {
  return hn::IfThenZeroElse(hn::Le(v, hn::Zero(hn::ScalableTag<float>())), v);
}

// Rows of the planes are whole registers of any instruction set.
constexpr std::int64_t whole(std::int64_t n) { return (n + 15) / 16 * 16; }

// f(a, b) for the numbers of a square of side x side, written out.
template <int side, class F>
HWY_INLINE void for_square(F&& f) {
  unrolled<side>([&](auto a) HWY_ATTR { unrolled<side>([&](auto b) HWY_ATTR { f(a, b); }); });
}

// Where a patch's outputs begin; its inputs begin pad_top above and pad_left to the left of there.
struct Place {
  std::int64_t image, i, j;
};

std::int64_t patches_across(const Conv2DSize& s) { return (s.out_w + 1) / 2; }
std::int64_t patches_of_image(const Conv2DSize& s) { return (s.out_h + 1) / 2 * patches_across(s); }

// The places of patches from `first` on.
template <std::size_t n>
void find_places(const Conv2DSize& s, std::int64_t first, std::int64_t count, Place (&places)[n]) {
  const std::int64_t each = patches_of_image(s), across = patches_across(s);
  const std::int64_t within = first % each;
  Place p{first / each, within / across * 2, within % across * 2};
  for (std::int64_t t = 0; t < count; ++t) {
    places[t] = p;
    p.j += 2;
    if (p.j < s.out_w) continue;
    p.j = 0;
    p.i += 2;
    if (p.i < s.out_h) continue;
    p.i = 0;
    ++p.image;
  }
}

// side x side places of an image that begin at (top, left), some of them perhaps outside.
template <int side>
struct Square {
  std::int64_t origin;                 // of the first place, in numbers
  std::int64_t down, right;            // to the next ones
  int a_begin, a_end, b_begin, b_end;  // those inside

  Square(std::int64_t height, std::int64_t width, std::int64_t depth, std::int64_t image,
         std::int64_t top, std::int64_t left)
      : origin(((image * height + top) * width + left) * depth),
        down(width * depth),
        right(depth),
        a_begin(within(-top)),
        a_end(within(height - top)),
        b_begin(within(-left)),
        b_end(within(width - left)) {}

  HWY_INLINE bool whole() const {
    return (a_begin | b_begin) == 0 && a_end == side && b_end == side;
  }
  HWY_INLINE bool inside(int a, int b) const {
    return a >= a_begin && a < a_end && b >= b_begin && b < b_end;
  }
  HWY_INLINE std::int64_t at(int a, int b) const { return origin + a * down + b * right; }

 private:
  static int within(std::int64_t n) {
    return static_cast<int>(std::clamp<std::int64_t>(n, 0, side));
  }
};

Square<4> inputs_of(const Conv2DSize& s, const Place& p) {
  return {s.height, s.width, s.channels, p.image, p.i - s.pad_top, p.j - s.pad_left};
}
Square<2> outputs_of(const Conv2DSize& s, const Place& p) {
  return {s.out_h, s.out_w, s.filters, p.image, p.i, p.j};
}

// The numbers of a square, of a register of channels at x, `existing` of which there are; zeros
// outside.
template <int side>
HWY_INLINE Patch read_square(const Square<side>& square, const float* x, std::int64_t existing) {
  const hn::ScalableTag<float> d;
  Patch p;
  if (square.whole() && existing >= lanes) {
    const float* from = x + square.origin;
    for_square<side>([&](auto a, auto b) HWY_ATTR {
      p.at[a][b] = hn::LoadU(d, from + a * square.down + b * square.right);
    });
  } else {
    const Partial part(existing);
    for_square<side>([&](auto a, auto b) HWY_ATTR {
      p.at[a][b] = square.inside(a, b) ? part.load(x + square.at(a, b)) : hn::Zero(d);
    });
  }
  return p;
}

// Rows of the planes are `width` numbers apart. A line lies between planes: at a distance of 4 KB
// they would meet in few lines of the cache.
template <int rows, int width>
struct Planes {
  static constexpr std::int64_t stride = width, plane = rows * width + 16;
  alignas(64) float numbers[planes * plane];

  HWY_INLINE float* row(std::int64_t q, std::int64_t row) {
    return numbers + q * plane + row * stride;
  }
  HWY_INLINE const float* row(std::int64_t q, std::int64_t row) const {
    return numbers + q * plane + row * stride;
  }
  HWY_INLINE Patch read(std::int64_t at, std::int64_t first) const {
    const float* from = row(0, at) + first;
    Patch p;
    for_square<4>([&](auto a, auto b) HWY_ATTR {
      p.at[a][b] = hn::LoadU(hn::ScalableTag<float>(), from + (a * 4 + b) * plane);
    });
    return p;
  }
  HWY_INLINE void write(std::int64_t at, std::int64_t first, const Patch& p) {
    float* to = row(0, at) + first;
    for_square<4>([&](auto a, auto b) HWY_ATTR {
      hn::StoreU(p.at[a][b], hn::ScalableTag<float>(), to + (a * 4 + b) * plane);
    });
  }
};

// Some channels of a patch, transformed, into a row of the planes; whole registers of them.
template <class T, int side, class P>
HWY_NOINLINE void spread(const Square<side>& square, const float* x, Span depth, std::int64_t row,
                         P& out) {
  for (std::int64_t c = 0; c < whole(depth.size()); c += lanes) {
    Patch p = read_square(square, x + depth.begin + c, depth.size() - c);
    transform<T>(p);
    out.write(row, c, p);
  }
}

// The kernel's share in the sums of a block: weights of terms x cols in each plane, in panels as
// wide as the tiles. The terms are channels and the columns filters, or the other way around.
struct Block {
  Span channels, filters;
  bool transposed;
  std::int64_t terms() const { return transposed ? filters.size() : channels.size(); }
  std::int64_t cols() const { return whole(transposed ? channels.size() : filters.size()); }
  std::int64_t at(std::int64_t term, std::int64_t col) const {
    const std::int64_t panel = col / most_cols * most_cols;
    return panel * terms() + term * tile_width(cols() - panel) + col - panel;
  }
};

void pack(const Conv2DSize& s, const float* kernel, const Block& block, float* weights) {
  const hn::ScalableTag<float> d;
  const std::int64_t plane = block.terms() * block.cols();
  if (block.transposed) std::fill_n(weights, planes * plane, 0.0F);
  for (std::int64_t c = 0; c < block.channels.size(); ++c) {
    for (std::int64_t f = 0; f < block.filters.size(); f += lanes) {
      const Partial part(block.filters.size() - f);
      const float* from = kernel + (block.channels.begin + c) * s.filters + block.filters.begin + f;
      Patch p;
      for_square<3>([&](auto a, auto b) HWY_ATTR {
        p.at[a][b] = part.load(from + (a * 3 + b) * s.channels * s.filters);
      });
      transform<Kernels>(p);
      if (!block.transposed) {
        for_square<4>([&](auto a, auto b) HWY_ATTR {
          hn::StoreU(p.at[a][b], d, weights + (a * 4 + b) * plane + block.at(c, f));
        });
        continue;
      }
      alignas(64) float numbers[planes * lanes];
      for_square<4>([&](auto a, auto b)
                        HWY_ATTR { hn::Store(p.at[a][b], d, numbers + (a * 4 + b) * lanes); });
      for (std::int64_t q = 0; q < planes; ++q) {
        for (std::int64_t l = 0; l < part.count; ++l) {
          weights[q * plane + block.at(f + l, c)] = numbers[q * lanes + l];
        }
      }
    }
    if (block.transposed) continue;
    for (std::int64_t f = (block.filters.size() + lanes - 1) / lanes * lanes; f < block.cols();
         ++f) {
      for (std::int64_t q = 0; q < planes; ++q) weights[q * plane + block.at(c, f)] = 0.0F;
    }
  }
}

using SomePlanes = Planes<some_patches, widest>;

// out[q][t][n] = sum over k of in[q][t][k] weights[q][k][n], in a plane and for the columns of a
// tile.
template <int vectors>
HWY_NOINLINE void multiply_panel(std::int64_t terms, const float* in, const float* weights,
                                 float* out) {
  constexpr int rows = vectors == 2 && !has_32_registers ? 6 : 12;
  static_assert(some_patches % rows == 0);
  for (std::int64_t t = 0; t < some_patches; t += rows) {
    Sums<rows, vectors> sums;
    sums.multiply(terms, in + t * SomePlanes::stride, Int<SomePlanes::stride>{}, Int<1>{}, weights,
                  vectors * lanes);
    sums.write(out + t * SomePlanes::stride, Int<SomePlanes::stride>{}, Int<false>{});
  }
}

void multiply(const Block& block, const SomePlanes& in, const float* weights, SomePlanes& out) {
  const std::int64_t terms = block.terms(), cols = block.cols();
  for (std::int64_t q = 0; q < planes; ++q) {
    for (std::int64_t n = 0; n < cols;) {
      const int width = tile_width(cols - n);
      const auto panel = width == lanes ? multiply_panel<1> : multiply_panel<2>;
      panel(terms, in.row(q, 0), weights + (q * cols + n) * terms, out.row(q, 0) + n);
      n += width;
    }
  }
}

// f(block, first, last) for the blocks of channels and filters, the sums' ones within the others;
// `first` and `last` tell whether a block begins the sums of its columns and whether it ends them.
template <class F>
void for_blocks(const Conv2DSize& s, bool transposed, F&& f) {
  const std::int64_t terms = transposed ? s.filters : s.channels;
  const std::int64_t columns = transposed ? s.channels : s.filters;
  const std::int64_t some_terms = std::min(terms, widest);
  const std::int64_t some_columns = std::min(widest, most_weights / whole(some_terms));
  for (std::int64_t n = 0; n < columns; n += some_columns) {
    const Span column{n, std::min(columns, n + some_columns)};
    for (std::int64_t k = 0; k < terms; k += some_terms) {
      const Span term{k, std::min(terms, k + some_terms)};
      f(transposed ? Block{column, term, true} : Block{term, column, false}, k == 0,
        term.end == terms);
    }
  }
}

struct Scratch {
  alignas(64) float weights[planes * most_weights];
  // Of the rows that no patch fills nothing is used.
  SomePlanes in = {}, out;
};

// Adds or writes the 2 x 2 outputs of a patch, which lie in row `row` of the planes.
HWY_NOINLINE void write_outputs(const WinogradForwardJob& job, const Block& block,
                                const Place& place, const SomePlanes& sums, std::int64_t row,
                                bool first, bool last) {
  const Square<2> to = outputs_of(job.size, place);
  const bool positive = last && job.positive;
  for (std::int64_t f = 0; f < block.filters.size(); f += lanes) {
    const Partial part(block.filters.size() - f);
    float* y = job.y + block.filters.begin + f;
    Patch p = sums.read(row, f);
    transform<Outputs>(p);
    Floats bias = hn::Zero(hn::ScalableTag<float>());
    if (first && job.bias != nullptr) bias = part.load(job.bias + block.filters.begin + f);
    for_square<2>([&](auto a, auto b) HWY_ATTR {
      if (!to.inside(a, b)) return;
      float* out = y + to.at(a, b);
      const Floats v = hn::Add(first ? bias : part.load(out), p.at[a][b]);
      part.store(positive ? relu(v) : v, out);
    });
  }
}

// Adds a patch's share to the 4 x 4 numbers of dx that it met.
HWY_NOINLINE void add_inputs(const InputGradientJob& job, const Block& block, const Place& place,
                             const SomePlanes& sums, std::int64_t row) {
  const hn::ScalableTag<float> d;
  const Square<4> to = inputs_of(job.size, place);
  for (std::int64_t c = 0; c < block.channels.size(); c += lanes) {
    const std::int64_t existing = block.channels.size() - c;
    float* dx = job.dx + block.channels.begin + c;
    Patch p = sums.read(row, c);
    transform<InputDeltas>(p);
    if (to.whole() && existing >= lanes) {
      dx += to.origin;
      for_square<4>([&](auto a, auto b) HWY_ATTR {
        float* out = dx + a * to.down + b * to.right;
        hn::StoreU(hn::Add(hn::LoadU(d, out), p.at[a][b]), d, out);
      });
    } else {
      const Partial part(existing);
      for_square<4>([&](auto a, auto b) HWY_ATTR {
        if (!to.inside(a, b)) return;
        float* out = dx + to.at(a, b);
        part.store(hn::Add(part.load(out), p.at[a][b]), out);
      });
    }
  }
}

}  // namespace

void winograd_outputs(const WinogradForwardJob& job, std::int64_t begin, std::int64_t end) {
  const Conv2DSize& s = job.size;
  Scratch scratch;
  for_blocks(s, false, [&](const Block& block, bool first, bool last) {
    pack(s, job.kernel, block, scratch.weights);
    for (std::int64_t patch = begin; patch < end; patch += some_patches) {
      const std::int64_t count = std::min(some_patches, end - patch);
      Place places[some_patches];
      find_places(s, patch, count, places);
      for (std::int64_t t = 0; t < count; ++t) {
        spread<Inputs>(inputs_of(s, places[t]), job.x, block.channels, t, scratch.in);
      }
      multiply(block, scratch.in, scratch.weights, scratch.out);
      for (std::int64_t t = 0; t < count; ++t) {
        write_outputs(job, block, places[t], scratch.out, t, first, last);
      }
    }
  });
}

// dx of images [begin, end). The patches' shares overlap: they are added in the patches' order.
void winograd_inputs(const InputGradientJob& job, std::int64_t begin, std::int64_t end) {
  const Conv2DSize& s = job.size;
  const std::int64_t image = s.height * s.width * s.channels, each = patches_of_image(s);
  std::fill(job.dx + begin * image, job.dx + end * image, 0.0F);
  Scratch scratch;
  for_blocks(s, true, [&](const Block& block, bool, bool) {
    pack(s, job.kernel, block, scratch.weights);
    for (std::int64_t patch = begin * each; patch < end * each; patch += some_patches) {
      const std::int64_t count = std::min(some_patches, end * each - patch);
      Place places[some_patches];
      find_places(s, patch, count, places);
      for (std::int64_t t = 0; t < count; ++t) {
        spread<OutputDeltas>(outputs_of(s, places[t]), job.dy, block.filters, t, scratch.in);
      }
      multiply(block, scratch.in, scratch.weights, scratch.out);
      for (std::int64_t t = 0; t < count; ++t) {
        add_inputs(job, block, places[t], scratch.out, t);
      }
    }
  });
}

namespace {

using DeltaPlanes = Planes<some_deltas, kernel_block>;
using SumPlanes = Planes<kernel_block, kernel_block>;

// sums[q][c][f] += sum over `count` patches t of x[q][t][c] dy[q][t][f], in a plane.
template <int vectors>
HWY_NOINLINE void add_products(std::int64_t count, std::int64_t channels, const float* x,
                               const float* dy, float* sums) {
  // 16 channels are whole tiles.
  constexpr int rows = (has_32_registers ? 16 : 8) / vectors;
  for (std::int64_t c = 0; c < channels; c += rows) {
    Sums<rows, vectors> sum;
    sum.multiply(count, x + c, Int<1>{}, Int<DeltaPlanes::stride>{}, dy, DeltaPlanes::stride);
    sum.write(sums + c * SumPlanes::stride, Int<SumPlanes::stride>{}, Int<true>{});
  }
}

}  // namespace

// What some patches add to the gradient of some channels and filters of the kernel, at most
// kernel_block of each; with the first channel to that of the bias too.
void winograd_kernel(const KernelGradientJob& job, Span patches, Span channels, Span filters) {
  const Conv2DSize& s = job.size;
  const std::int64_t cols = whole(filters.size());
  const bool with_bias = job.dbias != nullptr && channels.begin == 0;
  DeltaPlanes x, dy;
  SumPlanes sums = {};
  float bias[kernel_block] = {};
  for (std::int64_t patch = patches.begin; patch < patches.end; patch += some_deltas) {
    const std::int64_t count = std::min(some_deltas, patches.end - patch);
    Place places[some_deltas];
    find_places(s, patch, count, places);
    for (std::int64_t t = 0; t < count; ++t) {
      spread<Inputs>(inputs_of(s, places[t]), job.x, channels, t, x);
      spread<OutputDeltas>(outputs_of(s, places[t]), job.dy, filters, t, dy);
    }
    for (std::int64_t q = 0; q < planes; ++q) {
      for (std::int64_t f = 0; f < cols;) {
        const int width = tile_width(cols - f);
        const auto add = width == lanes ? add_products<1> : add_products<2>;
        add(count, whole(channels.size()), x.row(q, 0), dy.row(q, 0) + f, sums.row(q, 0) + f);
        f += width;
      }
    }
    if (!with_bias) continue;
    // In the second row and column of A dy A' stand the sums of the patches.
    for (std::int64_t f = 0; f < filters.size(); ++f) {
      float sum = 0;
      for (std::int64_t t = 0; t < count; ++t) sum += dy.row(5, t)[f];
      bias[f] += sum;
    }
  }
  for (std::int64_t c = 0; c < channels.size(); ++c) {
    for (std::int64_t f = 0; f < filters.size(); f += lanes) {
      const Partial part(filters.size() - f);
      Patch p = sums.read(c, f);
      transform<KernelDeltas>(p);
      for_square<3>([&](auto a, auto b) HWY_ATTR {
        float* to = job.dkernel + ((a * 3 + b) * s.channels + channels.begin + c) * s.filters +
                    filters.begin + f;
        const Floats v = p.at[a][b];
        part.store(job.accumulate ? hn::Add(part.load(to), v) : v, to);
      });
    }
  }
  if (!with_bias) return;
  for (std::int64_t f = 0; f < filters.size(); ++f) {
    float* to = job.dbias + filters.begin + f;
    *to = job.accumulate ? *to + bias[f] : bias[f];
  }
}

#endif  // HWY_SCALAR

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(filters_minimally);
HWY_EXPORT(winograd_outputs);
HWY_EXPORT(winograd_inputs);
HWY_EXPORT(winograd_kernel);

namespace {

std::int64_t patches_in(const Conv2DSize& s) { return (s.out_h + 1) / 2 * ((s.out_w + 1) / 2); }

// A small kernel has too few blocks to share out: the patches are cut too.
constexpr std::int64_t pieces = 4;
constexpr std::int64_t least_patches = 64;  // in a piece
constexpr std::int64_t small_kernel = 9 * 16 * 48;
static_assert(pieces * (small_kernel + 48) <= most_piece_numbers);

// Of one patch, in nanoseconds.
double work_of(const Conv2DSize& s) {
  return 0.25 * static_cast<double>(s.channels * s.filters) +
         2.0 * static_cast<double>(s.channels + s.filters);
}

}  // namespace

bool winograd_fits(const Conv2DSize& s) noexcept {
  return s.kernel_h == 3 && s.kernel_w == 3 && s.stride_h == 1 && s.stride_w == 1 &&
         s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1 && s.channels >= 16 &&
         s.filters >= 16 && 2 * s.out_h * s.out_w > 5 * patches_in(s) &&
         HWY_DYNAMIC_DISPATCH(filters_minimally)();
}

void winograd_forward(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                      const float* x, const float* kernel, float* y, const Epilogue& epilogue) {
  const ActivationKind kind = epilogue.activation.kind;
  const WinogradForwardJob job{s, x, kernel, epilogue.bias, kind == ActivationKind::relu, y};
  workers.for_range(batch * patches_in(s), work_of(s), [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(winograd_outputs)(job, begin, end);
  });
  if (kind == ActivationKind::linear || kind == ActivationKind::relu) return;
  const std::int64_t row = s.out_w * s.filters;
  workers.for_each(batch * s.out_h, static_cast<double>(row), [&](std::int64_t r) {
    activate_span(epilogue.activation, row, y + r * row, y + r * row);
  });
}

void winograd_backward_input(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                             const float* dy, const float* kernel, float* dx) {
  const InputGradientJob job{s, dy, kernel, dx};
  workers.for_range(batch, work_of(s) * static_cast<double>(patches_in(s)),
                    [&](std::int64_t begin, std::int64_t end) {
                      HWY_DYNAMIC_DISPATCH(winograd_inputs)(job, begin, end);
                    });
}

void winograd_backward_kernel(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                              const float* x, const float* dy, float* dkernel, float* dbias,
                              bool accumulate) {
  const KernelGradientJob job{s, batch, x, dy, dkernel, dbias, accumulate};
  const std::int64_t patches = batch * patches_in(s);
  const double work = work_of(s) * static_cast<double>(patches);
  // Each block's numbers are summed alike in blocks of any size: smaller ones give all threads
  // work.
  std::int64_t channels = 32, filters = 32;
  const auto blocks = [&] { return ceil_div(s.channels, channels) * ceil_div(s.filters, filters); };
  const auto block = [&](const KernelGradientJob& some, Span of, std::int64_t b) {
    const std::int64_t across = ceil_div(s.filters, filters);
    const std::int64_t c = b / across * channels, f = b % across * filters;
    HWY_DYNAMIC_DISPATCH(winograd_kernel)
    (some, of, {c, std::min(s.channels, c + channels)}, {f, std::min(s.filters, f + filters)});
  };
  if (kernel_numbers(s) <= small_kernel && patches >= pieces * least_patches) {
    return sum_pieces(workers, job, pieces, 1, work,
                      [&](const KernelGradientJob& piece, std::int64_t i, Span, NoMemory&) {
                        for (std::int64_t b = 0; b < blocks(); ++b)
                          block(piece, split(patches, pieces, i), b);
                      });
  }
  if (blocks() < workers.threads()) filters = 16;
  if (blocks() < workers.threads()) channels = 16;
  workers.for_each(blocks(), work / static_cast<double>(blocks()), [&](std::int64_t b) {
    block(job, {0, patches}, b);
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
