#include "core/kernels/conv2d_by_taps.h"

#include <algorithm>

#include "core/kernels/conv2d_taps.h"
#include "core/kernels/pack.h"
#include "core/kernels/tile.h"

namespace minnow::kernels {
namespace {

constexpr std::int64_t most_terms = 1024;  // of sums in registers, and of offsets
constexpr std::int64_t most_packed = 32768;
constexpr std::int64_t most_places = 1024;  // of a sum in registers

// Panels of filters of a group.
std::int64_t panels_of(const Conv2DSize& s) { return ceil_div(s.filters / s.groups, widest_panel); }

// Some rows of dx, counted through the batch, which stay near while all taps pass over them.
void input_gradient_of_rows(const Conv2DSize& s, Span some, const float* dy, const float* kernel,
                            float* dx) {
  const Tiles& tiles = kernels::tiles();
  const std::int64_t channels = s.channels / s.groups, filters = s.filters / s.groups;
  const std::int64_t dx_row = s.width * s.channels;
  std::int64_t offsets[most_terms];
  for (std::int64_t t = 0; t < most_terms; ++t) offsets[t] = t;
  alignas(64) float packed[most_packed];
  TileJob job{};
  job.offsets = offsets;
  job.fours = true;
  set_rows(job, s.filters);
  job.b = packed;
  job.c_row = s.stride_w * s.channels;
  job.add = true;
  job.floor = no_floor;
  std::fill_n(dx + some.begin * dx_row, some.size() * dx_row, 0.0F);
  for (std::int64_t tap = 0; tap < s.kernel_h * s.kernel_w; ++tap) {
    const std::int64_t b = tap % s.kernel_w, up = tap / s.kernel_w * s.dilation_h - s.pad_top;
    const Span columns = columns_of_tap(s, b);
    const std::int64_t x = columns.begin * s.stride_w - s.pad_left + b * s.dilation_w;
    for (std::int64_t c = 0; c < s.channels;) {
      const std::int64_t group = c / channels, left = (group + 1) * channels - c;
      const int width = tiles.width(left);
      job.columns = std::min<std::int64_t>(left, width);
      job.b_row = width;
      for (std::int64_t f = 0; f < filters; f += job.terms) {
        job.terms = job.whole = std::min({filters - f, most_terms, most_packed / width});
        pack_columns({kernel + (tap * channels + c % channels) * s.filters + group * filters + f,
                      s.filters, /*transposed=*/true},
                     {0, job.terms}, 0, job.columns, width, packed);
        for (std::int64_t n = some.begin / s.height; n * s.height < some.end; ++n) {
          const std::int64_t first = n * s.height;  // row i meets dx's row i stride + up
          const Span here = cut({first, first + s.height}, some);
          const Span rows =
              places_inside(up - (here.begin - first), s.stride_h, here.size(), s.out_h);
          for (std::int64_t i = rows.begin; i < rows.end; ++i) {
            job.a = dy + ((n * s.out_h + i) * s.out_w + columns.begin) * s.filters +
                    group * filters + f;
            job.c = dx + (first + i * s.stride_h + up) * dx_row + x * s.channels + c;
            run_rows(tiles, job, width, columns.size());
          }
        }
      }
      c += job.columns;
    }
  }
}

}  // namespace

bool taps_pay(const Conv2DSize& s) {
  // Fewer would cost more to add than to compute.
  constexpr std::int64_t enough = 32;
  return s.stride_h == 1 && s.stride_w == 1 && s.channels / s.groups >= enough &&
         s.filters / s.groups >= enough && 8 * s.out_w <= 7 * s.width;
}

void input_gradient_by_taps(const Conv2DSize& s, Span rows, const float* dy, const float* kernel,
                            float* dx) {
  constexpr std::int64_t near = 65536;  // numbers
  const std::int64_t image = s.height * s.width * s.channels + s.out_h * s.out_w * s.filters;
  const std::int64_t together = std::max<std::int64_t>(1, near / image) * s.height;
  for (std::int64_t r = rows.begin; r < rows.end; r += together) {
    input_gradient_of_rows(s, {r, std::min(r + together, rows.end)}, dy, kernel, dx);
  }
}

std::int64_t kernel_gradient_units(const Conv2DSize& s) {
  return s.groups * panels_of(s) * s.kernel_h * s.kernel_w;
}

void kernel_gradient_by_taps(const KernelGradientJob& job, Span units) {
  const Conv2DSize& s = job.size;
  const Tiles& tiles = kernels::tiles();
  const std::int64_t channels = s.channels / s.groups, filters = s.filters / s.groups;
  const std::int64_t taps = s.kernel_h * s.kernel_w, step = s.stride_w * s.channels;
  const std::int64_t image_row = s.width * s.channels, panels = panels_of(s);
  std::int64_t first[most_places];  // of rows of outputs one below the other
  for (std::int64_t p = 0; p < most_places; ++p) {
    first[p] = p / s.out_w * s.stride_h * image_row + p % s.out_w * step;
  }
  TileJob tile{};
  tile.offsets = first;
  tile.b_row = tile.c_row = s.filters;
  tile.floor = no_floor;
  set_rows(tile, 1);
  for (std::int64_t unit = units.begin; unit < units.end; ++unit) {
    const std::int64_t tap = unit % taps, a = tap / s.kernel_w, b = tap % s.kernel_w;
    const std::int64_t group = unit / taps / panels;
    const std::int64_t f = group * filters + unit / taps % panels * widest_panel;
    const std::int64_t last = std::min((group + 1) * filters, f + widest_panel);
    const Span rows = rows_of_tap(s, a);
    const Span columns = columns_of_tap(s, b);
    // Outputs that all see the image lie beside one another in dy, row after row.
    const bool whole = columns.size() == s.out_w && s.out_w <= most_places;
    const std::int64_t high = whole ? most_places / s.out_w : 1;
    const std::int64_t wide = std::min(columns.size(), most_places);
    for (std::int64_t n = f; n < last;) {
      const int width = tiles.width(last - n);
      tile.columns = std::min<std::int64_t>(last - n, width);
      tile.c = job.dkernel + tap * channels * s.filters + n;
      tile.add = job.accumulate;
      const auto add_places = [&](std::int64_t image, std::int64_t i, std::int64_t j,
                                  std::int64_t count) {
        const std::int64_t in_y = i * s.stride_h - s.pad_top + a * s.dilation_h;
        const std::int64_t in_x = j * s.stride_w - s.pad_left + b * s.dilation_w;
        tile.terms = count;
        tile.a =
            job.x + ((image * s.height + in_y) * s.width + in_x) * s.channels + group * channels;
        tile.b = job.dy + ((image * s.out_h + i) * s.out_w + j) * s.filters + n;
        run_rows(tiles, tile, width, channels);
        tile.add = true;
      };
      for (std::int64_t image = 0; image < job.batch; ++image) {
        for (std::int64_t i = rows.begin; i < rows.end; i += high) {
          const std::int64_t count = std::min(high, rows.end - i);
          for (std::int64_t j = columns.begin; j < columns.end; j += wide) {
            add_places(image, i, j, count * std::min(wide, columns.end - j));
          }
        }
      }
      if (!tile.add) {  // nobody sees the image there
        for (std::int64_t c = 0; c < channels; ++c) {
          std::fill_n(tile.c + c * s.filters, tile.columns, 0.0F);
        }
      }
      n += tile.columns;
    }
  }
}

}  // namespace minnow::kernels
