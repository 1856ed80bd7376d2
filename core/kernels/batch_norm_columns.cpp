#include "core/kernels/batch_norm_columns.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/batch_norm_columns.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#include "core/kernels/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t widest = ColumnBlock::widest, few_rows = ColumnBlock::few_rows;

}  // namespace

// A few rows at a time are measured from their own means and joined as in Chan, Golub and LeVeque,
// "Updating formulae and a pairwise algorithm for computing sample variances", 1979: nothing
// cancels.
void add_moments(const ColumnBlock& block, const float* HWY_RESTRICT x, Moments& m) {
  const std::int64_t stride = block.stride;
  for (std::int64_t begin = 0; begin < block.rows; begin += few_rows) {
    const std::int64_t n = std::min(few_rows, block.rows - begin);
    const float* HWY_RESTRICT some = x + begin * stride;
    float mean[widest], squares[widest];
    for_columns(block.cols, [&](auto d, auto k, std::int64_t j) HWY_ATTR {
      hn::Vec<decltype(d)> average[k], sum[k];
      unrolled<k>([&](auto v) HWY_ATTR { average[v] = hn::Zero(d); });
      for (std::int64_t i = 0; i < n; ++i) {
        const float* at = some + i * stride + j;
        unrolled<k>([&](auto v) HWY_ATTR {
          average[v] = hn::Add(average[v], hn::LoadU(d, at + v * width));
        });
      }
      unrolled<k>([&](auto v) HWY_ATTR {
        average[v] = hn::Div(average[v], hn::Set(d, static_cast<float>(n)));
        sum[v] = hn::Zero(d);
      });
      for (std::int64_t i = 0; i < n; ++i) {
        const float* at = some + i * stride + j;
        unrolled<k>([&](auto v) HWY_ATTR {
          const auto apart = hn::Sub(hn::LoadU(d, at + v * width), average[v]);
          sum[v] = hn::Add(sum[v], hn::Mul(apart, apart));
        });
      }
      unrolled<k>([&](auto v) HWY_ATTR {
        hn::StoreU(average[v], d, mean + j + v * width);
        hn::StoreU(sum[v], d, squares + j + v * width);
      });
    });
    const auto before = static_cast<double>(m.rows), now = static_cast<double>(n);
    const double part = now / (before + now), weight = before * part;
    double* HWY_RESTRICT total_mean = m.mean.data();
    double* HWY_RESTRICT total_squares = m.squares.data();
    for (std::int64_t j = 0; j < block.cols; ++j) {
      // The rounding of the block's mean is in all its distances and too small to matter.
      const double apart = mean[j] - total_mean[j];
      total_mean[j] += apart * part;
      total_squares[j] += squares[j] + apart * apart * weight;
    }
    m.rows += n;
  }
}

void add_norm_sums(const ColumnBlock& block, const float* HWY_RESTRICT x,
                   const float* HWY_RESTRICT dy, const float* HWY_RESTRICT mean, NormSums& sums) {
  const std::int64_t stride = block.stride;
  for (std::int64_t begin = 0; begin < block.rows; begin += few_rows) {
    const std::int64_t end = std::min(block.rows, begin + few_rows);
    float sum[widest] = {}, product[widest] = {};
    for (std::int64_t i = begin; i < end; ++i) {
      const float *row = x + i * stride, *deltas = dy + i * stride;
      for_columns(block.cols, [&](auto d, auto k, std::int64_t j) HWY_ATTR {
        unrolled<k>([&](auto v) HWY_ATTR {
          const std::int64_t c = j + v * width;
          const auto delta = hn::LoadU(d, deltas + c);
          const auto apart = hn::Sub(hn::LoadU(d, row + c), hn::LoadU(d, mean + c));
          hn::StoreU(hn::Add(hn::LoadU(d, sum + c), delta), d, sum + c);
          hn::StoreU(hn::Add(hn::LoadU(d, product + c), hn::Mul(delta, apart)), d, product + c);
        });
      });
    }
    for (std::int64_t j = 0; j < block.cols; ++j) {
      sums.dy[static_cast<std::size_t>(j)] += sum[j];
      sums.dy_x[static_cast<std::size_t>(j)] += product[j];
    }
  }
}

namespace {

// out[at] = f(d, at, c) for all numbers of a block, c being their columns.
template <class F>
HWY_INLINE void write_block(const ColumnBlock& block, float* HWY_RESTRICT out, const F& f) {
  for (std::int64_t i = 0; i < block.rows; ++i) {
    for_columns(block.cols, [&](auto d, auto k, std::int64_t j) HWY_ATTR {
      unrolled<k>([&](auto v) HWY_ATTR {
        const std::int64_t c = j + v * width, at = i * block.stride + c;
        hn::StoreU(f(d, at, c), d, out + at);
      });
    });
  }
}

}  // namespace

// The products are rounded before they are added, here and below, on every processor.
void normalize(const ColumnBlock& block, const float* HWY_RESTRICT x,
               const float* HWY_RESTRICT mean, const float* HWY_RESTRICT scale,
               const float* HWY_RESTRICT shift, float* HWY_RESTRICT y) {
  write_block(block, y, [&](auto d, std::int64_t at, std::int64_t c) HWY_ATTR {
    const auto apart = hn::Sub(hn::LoadU(d, x + at), hn::LoadU(d, mean + c));
    return hn::Add(hn::Mul(apart, hn::LoadU(d, scale + c)), hn::LoadU(d, shift + c));
  });
}

void denormalize(const ColumnBlock& block, const float* HWY_RESTRICT x,
                 const float* HWY_RESTRICT dy, const float* HWY_RESTRICT mean,
                 const float* HWY_RESTRICT scale, const float* HWY_RESTRICT shift,
                 const float* HWY_RESTRICT slope, float* HWY_RESTRICT dx) {
  write_block(block, dx, [&](auto d, std::int64_t at, std::int64_t c) HWY_ATTR {
    const auto delta = hn::Sub(hn::LoadU(d, dy + at), hn::LoadU(d, shift + c));
    const auto apart = hn::Sub(hn::LoadU(d, x + at), hn::LoadU(d, mean + c));
    return hn::Add(hn::Mul(delta, hn::LoadU(d, scale + c)),
                   hn::Mul(apart, hn::LoadU(d, slope + c)));
  });
}

void scale_block(const ColumnBlock& block, const float* HWY_RESTRICT dy,
                 const float* HWY_RESTRICT scale, float* HWY_RESTRICT dx) {
  write_block(block, dx, [&](auto d, std::int64_t at, std::int64_t c) HWY_ATTR {
    return hn::Mul(hn::LoadU(d, dy + at), hn::LoadU(d, scale + c));
  });
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {

HWY_EXPORT(add_moments);
HWY_EXPORT(add_norm_sums);
HWY_EXPORT(normalize);
HWY_EXPORT(denormalize);
HWY_EXPORT(scale_block);

void add_moments(const ColumnBlock& block, const float* x, Moments& moments) {
  HWY_DYNAMIC_DISPATCH(add_moments)(block, x, moments);
}

void add_norm_sums(const ColumnBlock& block, const float* x, const float* dy, const float* mean,
                   NormSums& sums) {
  HWY_DYNAMIC_DISPATCH(add_norm_sums)(block, x, dy, mean, sums);
}

void normalize(const ColumnBlock& block, const float* x, const float* mean, const float* scale,
               const float* shift, float* y) {
  HWY_DYNAMIC_DISPATCH(normalize)(block, x, mean, scale, shift, y);
}

void denormalize(const ColumnBlock& block, const float* x, const float* dy, const float* mean,
                 const float* scale, const float* shift, const float* slope, float* dx) {
  HWY_DYNAMIC_DISPATCH(denormalize)(block, x, dy, mean, scale, shift, slope, dx);
}

void scale_block(const ColumnBlock& block, const float* dy, const float* scale, float* dx) {
  HWY_DYNAMIC_DISPATCH(scale_block)(block, dy, scale, dx);
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
