#include "core/kernels/winograd.h"

#include <algorithm>
#include <utility>

#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pack.h"
#include "core/kernels/spans.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/winograd.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/winograd_patches-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

bool filters_minimally() { return HWY_TARGET != HWY_SCALAR; }

#if HWY_TARGET == HWY_SCALAR

// One number at a time, the transforms cost what they save: winograd_fits keeps work away.
void winograd_outputs(const WinogradForwardJob&, const NextPart&) {}
void winograd_inputs(const InputGradientJob&, const NextPart&) {}

#else

namespace {

constexpr std::int64_t widest = widest_block;

/// max(v, 0), and NaN of NaN.
HWY_INLINE Floats relu(Floats v) {
  return hn::IfThenZeroElse(hn::Le(v, hn::Zero(hn::ScalableTag<float>())), v);
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

// Some terms of it, whose tap t of term k and column n is from[t tap + (k - terms.begin) row + n].
void pack_terms(const float* from, std::int64_t tap, std::int64_t row, Span terms,
                std::int64_t existing, const Block& block, float* weights) {
  const std::int64_t plane = block.terms() * block.cols();
  for (std::int64_t k = terms.begin; k < terms.end; ++k, from += row) {
    for (std::int64_t n = 0; n < block.cols(); n += lanes) {
      const Partial part(existing - n);
      Patch p;
      for_square<3>([&](auto a, auto b)
                        HWY_ATTR { p.at[a][b] = part.load(from + n + (a * 3 + b) * tap); });
      transform<Kernels>(p);
      float* to = weights + block.at(k, n);
      for_square<4>([&](auto a, auto b)
                        HWY_ATTR { hn::StoreU(p.at[a][b], FloatTag(), to + (a * 4 + b) * plane); });
    }
  }
}

void pack(const Conv2DSize& s, const float* kernel, const Block& block, float* weights) {
  const std::int64_t tap = s.channels * s.filters;
  kernel += block.channels.begin * s.filters + block.filters.begin;
  if (!block.transposed) {
    const Span all{0, block.channels.size()};
    return pack_terms(kernel, tap, s.filters, all, block.filters.size(), block, weights);
  }
  constexpr std::int64_t some = 16;  // terms at a time, in rows
  alignas(64) float turned[9 * some * widest];
  for (std::int64_t k = 0; k < block.terms(); k += some) {
    const Span terms{k, std::min(block.terms(), k + some)};
    for (std::int64_t t = 0; t < 9; ++t) {
      pack_columns({kernel + t * tap, s.filters, true}, terms, 0, block.channels.size(), widest,
                   turned + t * some * widest);
    }
    pack_terms(turned, some * widest, widest, terms, block.channels.size(), block, weights);
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
  const std::int64_t some_columns = columns_of_block(terms);
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
  alignas(64) float weights[planes * most_weights];  // 128 KB of stack
  bool packed = false;                               // for all parts
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
      if (place.i + a >= job.size.out_h || place.j + b >= job.size.out_w) return;
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
      alignas(64) float nowhere[lanes] = {};
      to.for_places(dx, nowhere, [&](auto a, auto b, float* out) HWY_ATTR {
        part.store(hn::Add(part.load(out), p.at[a][b]), out);
      });
    }
  }
}

// Some patches, block by block: read(block, place, t) fills row t of the products' operand, and
// write(block, place, t, first, last) takes that of their results.
template <class Read, class Write>
HWY_INLINE void multiply_patches(const Conv2DSize& s, const float* kernel, bool transposed,
                                 Scratch& scratch, Span patches, Read&& read, Write&& write) {
  const std::int64_t terms = transposed ? s.filters : s.channels;
  const bool once = is_one_block(terms, transposed ? s.channels : s.filters);
  for_blocks(s, transposed, [&](const Block& block, bool first, bool last) HWY_ATTR {
    if (!std::exchange(scratch.packed, once)) pack(s, kernel, block, scratch.weights);
    for (std::int64_t patch = patches.begin; patch < patches.end; patch += some_patches) {
      const std::int64_t count = std::min(some_patches, patches.end - patch);
      Place places[some_patches];
      find_places(s, patch, count, places);
      for (std::int64_t t = 0; t < count; ++t) read(block, places[t], t);
      multiply(block, scratch.in, scratch.weights, scratch.out);
      for (std::int64_t t = 0; t < count; ++t) write(block, places[t], t, first, last);
    }
  });
}

}  // namespace

void winograd_outputs(const WinogradForwardJob& job, const NextPart& next) {
  const Conv2DSize& s = job.size;
  Scratch scratch;
  for (Span part = next(); part.size() > 0; part = next()) {
    multiply_patches(
        s, job.kernel, /*transposed=*/false, scratch, part,
        [&](const Block& block, const Place& place, std::int64_t t)
            HWY_ATTR { spread<Inputs>(inputs_of(s, place), job.x, block.channels, t, scratch.in); },
        [&](const Block& block, const Place& place, std::int64_t t, bool first, bool last)
            HWY_ATTR { write_outputs(job, block, place, scratch.out, t, first, last); });
  }
}

// dx of some images. The patches' shares overlap: they are added in the patches' order.
void winograd_inputs(const InputGradientJob& job, const NextPart& next) {
  const Conv2DSize& s = job.size;
  const std::int64_t image = s.height * s.width * s.channels, each = patches_in(s);
  Scratch scratch;
  for (Span part = next(); part.size() > 0; part = next()) {
    std::fill(job.dx + part.begin * image, job.dx + part.end * image, 0.0F);
    multiply_patches(
        s, job.kernel, /*transposed=*/true, scratch, {part.begin * each, part.end * each},
        [&](const Block& block, const Place& place, std::int64_t t) HWY_ATTR {
          spread<OutputDeltas>(outputs_of(s, place), job.dy, block.filters, t, scratch.in);
        },
        [&](const Block& block, const Place& place, std::int64_t t, bool, bool)
            HWY_ATTR { add_inputs(job, block, place, scratch.out, t); });
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

namespace {

// Of `all` patches or images as many as a thread takes at a time: `few` where the kernel is packed
// once for all of them.
std::int64_t grain(std::int64_t terms, std::int64_t columns, std::int64_t all, std::int64_t few) {
  return is_one_block(terms, columns) ? few : std::max<std::int64_t>(all, 1);
}

bool can_filter(const Conv2DSize& s) {
  return s.kernel_h == 3 && s.kernel_w == 3 && s.stride_h == 1 && s.stride_w == 1 &&
         s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1 && s.channels >= 16 &&
         s.filters >= 16 && HWY_DYNAMIC_DISPATCH(filters_minimally)();
}

// Costs are in those of an output that is computed directly, as measured on a Xeon.
constexpr double cost_of_kernel = 18, cost_of_some_patches = 29;
constexpr double cost_of_sums = 16, cost_of_patch_in_them = 2.8;

}  // namespace

bool winograd_fits(const Conv2DSize& s, std::int64_t batch) noexcept {
  const std::int64_t some = ceil_div(batch * patches_in(s), some_patches);
  return can_filter(s) && static_cast<double>(batch * s.out_h * s.out_w) >
                              cost_of_kernel + cost_of_some_patches * static_cast<double>(some);
}

bool winograd_kernel_fits(const Conv2DSize& s, std::int64_t batch) noexcept {
  const double patches = static_cast<double>(batch * patches_in(s));
  // Directly, few filters leave most of a tile's width empty.
  const double cost =
      s.filters < 32 ? 2.5 * patches : cost_of_sums + cost_of_patch_in_them * patches;
  return can_filter(s) && static_cast<double>(batch * s.out_h * s.out_w) > cost;
}

void winograd_forward(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                      const float* x, const float* kernel, float* y, const Epilogue& epilogue) {
  const ActivationKind kind = epilogue.activation.kind;
  const WinogradForwardJob job{s, x, kernel, epilogue.bias, kind == ActivationKind::relu, y};
  const std::int64_t patches = batch * patches_in(s);
  const auto outputs = HWY_DYNAMIC_DISPATCH(winograd_outputs);
  workers.share(patches, grain(s.channels, s.filters, patches, 96), work_of_patch(s),
                [&](const NextPart& next) { outputs(job, next); });
  if (kind == ActivationKind::linear || kind == ActivationKind::relu) return;
  const std::int64_t row = s.out_w * s.filters;
  workers.for_each(batch * s.out_h, static_cast<double>(row), [&](std::int64_t r) {
    activate_span(epilogue.activation, row, y + r * row, y + r * row);
  });
}

void winograd_backward_input(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                             const float* dy, const float* kernel, float* dx) {
  const InputGradientJob job{s, dy, kernel, dx};
  const auto inputs = HWY_DYNAMIC_DISPATCH(winograd_inputs);
  workers.share(batch, grain(s.filters, s.channels, batch, 2),
                work_of_patch(s) * static_cast<double>(patches_in(s)),
                [&](const NextPart& next) { inputs(job, next); });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
