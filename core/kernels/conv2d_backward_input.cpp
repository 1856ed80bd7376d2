#include <algorithm>

#include "core/kernels/conv2d.h"
#include "core/kernels/conv2d_jobs.h"
#include "core/kernels/conv2d_taps.h"
#include "core/kernels/winograd.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/conv2d_backward_input.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/borders-inl.h"
#include "core/kernels/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// dx[y, x, c] = sum over taps and filters of dy[i, j, f] k[a, b, c, f], i and j being where
// y + pad = i stride + a dilation (and so for x). The sum runs over filters, which lie beside one
// another in dy; a transposed copy of some taps puts channels beside one another for the tile.
constexpr std::int64_t packed_rows = 1024;  // of most_cols channels: 128 KB of stack at most
constexpr std::int64_t most_taps = 256;

// A part of the sum: some taps and some filters, for at most most_cols channels of a group.
struct Part {
  std::int64_t channel;   // the first, within the image's channels
  std::int64_t channels;  // how many exist
  Span taps, filters;     // filters counted within all of them
  bool add;               // to what earlier parts have left
  int width() const { return tile_width(channels); }
};

void pack(const InputGradientJob& job, const Part& part, float* HWY_RESTRICT packed) {
  const Conv2DSize& s = job.size;
  const std::int64_t group_channels = s.channels / s.groups;
  const std::int64_t first = part.channel % group_channels;
  const int width = part.width();
  for (std::int64_t tap = part.taps.begin; tap < part.taps.end; ++tap) {
    const std::int64_t length = part.filters.size();
    for (std::int64_t c = 0; c < part.channels; ++c) {
      const float* HWY_RESTRICT from =
          job.kernel + (tap * group_channels + first + c) * s.filters + part.filters.begin;
      for (std::int64_t f = 0; f < length; ++f) packed[f * width + c] = from[f];
    }
    for (std::int64_t c = part.channels; c < width; ++c) {
      for (std::int64_t f = 0; f < length; ++f) packed[f * width + c] = 0.0F;
    }
    packed += length * width;
  }
}

// A tap that reaches a row of dx, for the columns x = residue + t stride_w.
struct Hit {
  const float* dy;      // row i, at the part's first filter
  const float* packed;  // the tap's numbers
  std::int64_t j;       // the output column that t = 0 meets, perhaps outside
};

template <int rows, int cols>
HWY_NOINLINE void tile(const Conv2DSize& s, const Part& part, const Hit* hits, std::int64_t count,
                       std::int64_t t, float* dx, std::int64_t dx_step) {
  Tile<rows, cols> sum;
  for (const Hit* hit = hits; hit < hits + count; ++hit) {
    sum.multiply({1, part.filters.size(), 0, 1, 0, cols}, hit->dy + (hit->j + t) * s.filters,
                 s.filters, hit->packed);
  }
  sum.write(dx, dx_step, part.channels, part.add, false);
}

// The same where some taps meet no output column, and read zeros.
template <int rows, int cols>
HWY_NOINLINE void border_tile(const Conv2DSize& s, const Part& part, const Hit* hits,
                              std::int64_t count, std::int64_t t, float* dx, std::int64_t dx_step) {
  static_assert(packed_rows <= zero_count);
  Tile<rows, cols> sum;
  for (const Hit* hit = hits; hit < hits + count; ++hit) {
    const float* dy[rows];
    bool any = false;
    for (int q = 0; q < rows; ++q) {
      const std::int64_t j = hit->j + t + q;
      const bool inside = j >= 0 && j < s.out_w;
      dy[q] = inside ? hit->dy + j * s.filters : zeros;
      any = any || inside;
    }
    if (any) sum.multiply({1, part.filters.size(), 0, 1, 0, cols}, dy, hit->packed);
  }
  sum.write(dx, dx_step, part.channels, part.add, false);
}

template <int cols>
void sum_columns(const Conv2DSize& s, const Part& part, const Hit* hits, std::int64_t count,
                 std::int64_t residue, float* dx_row) {
  const std::int64_t length = ceil_div(s.width - residue, s.stride_w);
  Span inner{0, length};  // where every tap meets an output column
  for (const Hit* hit = hits; hit < hits + count; ++hit) {
    const Span inside = places_inside(hit->j, 1, s.out_w, length);
    inner = {std::max(inner.begin, inside.begin), std::min(inner.end, inside.end)};
  }
  const std::int64_t step = s.stride_w * s.channels;
  float* dx = dx_row + residue * s.channels + part.channel;
  const Borders borders(length, inner.begin, inner.end);
  borders.for_outer([&](auto rows, std::int64_t t) HWY_ATTR {
    border_tile<rows, cols>(s, part, hits, count, t, dx + t * step, step);
  });
  for_tile_rows(borders.inner.begin, borders.inner.end, [&](auto rows, std::int64_t t) HWY_ATTR {
    tile<rows, cols>(s, part, hits, count, t, dx + t * step, step);
  });
}

// One part's share of row y of image n.
void sum_row(const InputGradientJob& job, const Part& part, const float* packed, std::int64_t n,
             std::int64_t y) {
  const Conv2DSize& s = job.size;
  const int width = part.width();
  Hit hits[most_taps];
  for (std::int64_t residue = 0; residue < std::min(s.stride_w, s.width); ++residue) {
    std::int64_t count = 0;
    for (std::int64_t tap = part.taps.begin; tap < part.taps.end; ++tap) {
      const std::int64_t up = y + s.pad_top - tap / s.kernel_w * s.dilation_h;
      const std::int64_t left = residue + s.pad_left - tap % s.kernel_w * s.dilation_w;
      if (up < 0 || up % s.stride_h != 0 || up / s.stride_h >= s.out_h) continue;
      if (left % s.stride_w != 0) continue;
      const std::int64_t dy_row = (n * s.out_h + up / s.stride_h) * s.out_w * s.filters;
      hits[count++] = {job.dy + dy_row + part.filters.begin,
                       packed + (tap - part.taps.begin) * part.filters.size() * width,
                       left / s.stride_w};
    }
    float* dx_row = job.dx + (n * s.height + y) * s.width * s.channels;
    with_width(width, [&](auto cols)
                          HWY_ATTR { sum_columns<cols>(s, part, hits, count, residue, dx_row); });
  }
}

void sum_part(const InputGradientJob& job, const Part& part, std::int64_t begin, std::int64_t end) {
  alignas(64) float packed[packed_rows * most_cols];
  pack(job, part, packed);
  for (std::int64_t r = begin; r < end; ++r) {
    sum_row(job, part, packed, r / job.size.height, r % job.size.height);
  }
}

}  // namespace

// Image rows [begin, end), counted through the batch.
void sum_image_rows(const InputGradientJob& job, std::int64_t begin, std::int64_t end) {
  const Conv2DSize& s = job.size;
  const std::int64_t group_channels = s.channels / s.groups;
  const std::int64_t group_filters = s.filters / s.groups;
  const std::int64_t taps = s.kernel_h * s.kernel_w;
  const std::int64_t some_filters = std::min(group_filters, packed_rows);
  const std::int64_t some_taps = std::min(most_taps, packed_rows / some_filters);
  for (std::int64_t group = 0; group < s.groups; ++group) {
    const Span filters{group * group_filters, (group + 1) * group_filters};
    for (std::int64_t c = 0; c < group_channels; c += most_cols) {
      Part part;
      part.channel = group * group_channels + c;
      part.channels = std::min<std::int64_t>(most_cols, group_channels - c);
      part.add = false;
      for (std::int64_t f = filters.begin; f < filters.end; f += some_filters) {
        part.filters = {f, std::min(filters.end, f + some_filters)};
        for (std::int64_t tap = 0; tap < taps; tap += some_taps) {
          part.taps = {tap, std::min(taps, tap + some_taps)};
          sum_part(job, part, begin, end);
          part.add = true;
        }
      }
    }
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(sum_image_rows);

void conv2d_backward_input(const Workers& workers, const Conv2DSize& size, std::int64_t batch,
                           const float* dy, const float* kernel, float* dx) {
  if (winograd_fits(size)) {
    return winograd_backward_input(workers, size, batch, dy, kernel, dx);
  }
  const InputGradientJob job{size, dy, kernel, dx};
  const std::int64_t terms =
      size.kernel_h * size.kernel_w * size.filters / size.groups / (size.stride_h * size.stride_w);
  const double work =
      static_cast<double>(size.width * size.channels) * (0.2 + 0.03 * static_cast<double>(terms));
  workers.for_range(batch * size.height, work, [&](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(sum_image_rows)(job, begin, end);
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
