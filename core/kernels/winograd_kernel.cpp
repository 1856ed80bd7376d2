#include <algorithm>

#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_pieces.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/winograd.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/winograd_kernel.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/winograd_patches-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

// winograd_kernel_fits keeps work away.
void winograd_kernel(const KernelGradientJob&, Span, Span, Span) {}

#else

namespace {

// Some patches are transformed and multiplied at a time: few where they and the sums then fit into
// the first cache. Sizes are those of no instruction set, so that sums are cut alike in all of
// them.
template <int width>
struct Room {
  static constexpr std::int64_t some = width == 16 ? 8 : 32;
  Planes<some, width> x, dy;
  Planes<width, width> sums = {};
};

// sums[q][c][f] += sum over `count` patches t of x[q][t][c] dy[q][t][f], in a plane.
template <int width, int vectors>
HWY_NOINLINE void add_products(std::int64_t count, std::int64_t channels, const float* x,
                               const float* dy, float* sums) {
  // 16 channels are whole tiles.
  constexpr int rows = (has_32_registers ? 16 : 8) / vectors;
  for (std::int64_t c = 0; c < channels; c += rows) {
    Sums<rows, vectors> sum;
    sum.multiply(count, x + c, Int<1>{}, Int<width>{}, dy, width);
    sum.write(sums + c * width, Int<width>{}, Int<true>{});
  }
}

// The sums of some channels and filters, whose planes are `plane` numbers apart and their rows
// `stride`, transformed into numbers of the kernel's gradient.
HWY_NOINLINE void write_kernel(const KernelGradientJob& job, Span channels, Span filters,
                               const float* sums, std::int64_t plane, std::int64_t stride) {
  const Conv2DSize& s = job.size;
  for (std::int64_t c = 0; c < channels.size(); ++c, sums += stride) {
    for (std::int64_t f = 0; f < filters.size(); f += lanes) {
      const Partial part(filters.size() - f);
      Patch p = read_planes(sums + f, plane);
      transform<KernelDeltas>(p);
      for_square<3>([&](auto a, auto b) HWY_ATTR {
        float* to = job.dkernel + ((a * 3 + b) * s.channels + channels.begin + c) * s.filters +
                    filters.begin + f;
        const Floats v = p.at[a][b];
        part.store(job.accumulate ? hn::Add(part.load(to), v) : v, to);
      });
    }
  }
}

// In the second row and column of A dy A' stand the sums of the patches.
HWY_NOINLINE void add_bias(std::int64_t count, std::int64_t cols, const float* dy,
                           std::int64_t stride, float* bias) {
  for (std::int64_t f = 0; f < cols; f += lanes) {
    Floats sum = hn::Zero(FloatTag());
    for (std::int64_t t = 0; t < count; ++t) {
      sum = hn::Add(sum, hn::LoadU(FloatTag(), dy + t * stride + f));
    }
    hn::StoreU(hn::Add(hn::LoadU(FloatTag(), bias + f), sum), FloatTag(), bias + f);
  }
}

// What some patches add to the gradient of some channels and filters of the kernel, at most `width`
// of each, or just 16; with the first channel to that of the bias too.
template <int width>
void add_patches(const KernelGradientJob& job, Span patches, Span channels, Span filters) {
  const Conv2DSize& s = job.size;
  const bool with_bias = job.dbias != nullptr && channels.begin == 0;
  constexpr std::int64_t some = Room<width>::some;
  Room<width> room;
  auto& [x, dy, sums] = room;
  const std::int64_t rows = width == 16 ? 16 : whole(channels.size());
  const std::int64_t cols = width == 16 ? 16 : whole(filters.size());
  float bias[width] = {};
  for (std::int64_t patch = patches.begin; patch < patches.end; patch += some) {
    const std::int64_t count = std::min(some, patches.end - patch);
    Place places[some];
    find_places(s, patch, count, places);
    for (std::int64_t t = 0; t < count; ++t) {
      spread<Inputs>(inputs_of(s, places[t]), job.x, channels, t, x);
      spread<OutputDeltas>(outputs_of(s, places[t]), job.dy, filters, t, dy);
    }
    for (std::int64_t q = 0; q < planes; ++q) {
      for (std::int64_t f = 0; f < cols;) {
        const int tile = tile_width(cols - f);
        constexpr int least = width < 2 * lanes ? 1 : 2;
        const auto add = tile == lanes ? add_products<width, 1> : add_products<width, least>;
        add(count, rows, x.row(q, 0), dy.row(q, 0) + f, sums.row(q, 0) + f);
        f += tile;
      }
    }
    if (with_bias) add_bias(count, cols, dy.row(5, 0), width, bias);
  }
  write_kernel(job, channels, filters, sums.row(0, 0), sums.plane, width);
  if (!with_bias) return;
  for (std::int64_t f = 0; f < filters.size(); ++f) {
    float* to = job.dbias + filters.begin + f;
    *to = job.accumulate ? *to + bias[f] : bias[f];
  }
}

}  // namespace

void winograd_kernel(const KernelGradientJob& job, Span patches, Span channels, Span filters) {
  const bool narrow = job.size.channels == 16 && job.size.filters == 16;
  const auto add = narrow ? add_patches<16> : add_patches<32>;
  add(job, patches, channels, filters);
}

#endif  // HWY_SCALAR

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(winograd_kernel);

namespace {

// A small kernel has too few blocks to share out: the patches are cut too.
constexpr std::int64_t pieces = 4;
constexpr std::int64_t least_patches = 64;  // in a piece
constexpr std::int64_t small_kernel = 9 * 16 * 48;
static_assert(pieces * (small_kernel + 48) <= most_piece_numbers);

}  // namespace

void winograd_backward_kernel(const Workers& workers, const Conv2DSize& s, std::int64_t batch,
                              const float* x, const float* dy, float* dkernel, float* dbias,
                              bool accumulate) {
  const KernelGradientJob job{s, batch, x, dy, dkernel, dbias, accumulate};
  const std::int64_t patches = batch * patches_in(s);
  const double work = work_of_patch(s) * static_cast<double>(patches);
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
