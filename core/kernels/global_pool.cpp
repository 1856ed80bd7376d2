#include "core/kernels/global_pool.h"

#include <algorithm>

#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/global_pool.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/row-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t block = 64;     // channels at a time
constexpr std::int64_t few_rows = 64;  // places added up in float before they join the total

// Registers side by side, so that additions need not wait for each other.
constexpr int most = width < 16 ? 4 : 2;

// f(Int<n>, first, count) for blocks of n registers of channels, of which `count` exist.
template <class F>
HWY_INLINE void for_channels(std::int64_t channels, F&& f) {
  for (std::int64_t c = 0; c < channels;) {
    const std::int64_t left = channels - c;
    if (left >= most * width) {
      f(Int<most>{}, c, most * width);
      c += most * width;
    } else if (most > 2 && left >= 2 * width) {
      f(Int<2>{}, c, 2 * width);
      c += 2 * width;
    } else {
      f(Int<1>{}, c, std::min<std::int64_t>(width, left));
      c += width;
    }
  }
}

// Register v of those that begin at x.
template <int n>
HWY_INLINE Floats load_one(const float* x, int v, std::int64_t count, Floats otherwise) {
  if constexpr (n > 1) return hn::LoadU(FloatTag(), x + v * width);
  return load(x, count, otherwise);
}

// Channel by channel. NaN beats numbers, and the first stays.
HWY_NOINLINE void max_with_nan(std::int64_t places, std::int64_t channels, std::int64_t count,
                               const float* x, float* y) {
  for (std::int64_t c = 0; c < count; ++c) {
    float best = x[c];
    for (std::int64_t i = 1; i < places; ++i) {
      const float v = x[i * channels + c];
      if (best == best && !(v <= best)) best = v;
    }
    y[c] = best;
  }
}

}  // namespace

void mean_of_places(std::int64_t places, std::int64_t channels, const float* x, float* y) {
  const Floats zero = all(0);
  for_channels(channels, [&](auto n, std::int64_t first, std::int64_t count) HWY_ATTR {
    double total[most * width] = {};
    for (std::int64_t begin = 0; begin < places; begin += few_rows) {
      const std::int64_t end = std::min(places, begin + few_rows);
      Floats sum[n];
      unrolled<n>([&](auto v) HWY_ATTR { sum[v] = zero; });
      const float* at = x + begin * channels + first;
      for (std::int64_t i = begin; i < end; ++i, at += channels) {
        unrolled<n>([&](auto v)
                        HWY_ATTR { sum[v] = hn::Add(sum[v], load_one<n>(at, v, count, zero)); });
      }
      float part[most * width];
      unrolled<n>([&](auto v) HWY_ATTR { hn::StoreU(sum[v], FloatTag(), part + v * width); });
      for (std::int64_t c = 0; c < count; ++c) total[c] += static_cast<double>(part[c]);
    }
    for (std::int64_t c = 0; c < count; ++c) {
      y[first + c] = static_cast<float>(total[c] / static_cast<double>(places));
    }
  });
}

void max_of_places(std::int64_t places, std::int64_t channels, const float* x, float* y) {
  const Floats zero = all(0);
  for_channels(channels, [&](auto n, std::int64_t first, std::int64_t count) HWY_ATTR {
    const float* at = x + first;
    Floats best[n], sum[n];  // a sum tells of NaN
    unrolled<n>([&](auto v) HWY_ATTR { best[v] = sum[v] = load_one<n>(at, v, count, zero); });
    for (std::int64_t i = 1; i < places; ++i) {
      at += channels;
      unrolled<n>([&](auto v) HWY_ATTR {
        const Floats number = load_one<n>(at, v, count, zero);
        best[v] = hn::IfThenElse(hn::Lt(best[v], number), number, best[v]);
        sum[v] = hn::Add(sum[v], number);
      });
    }
    bool plain = true;
    unrolled<n>([&](auto v) HWY_ATTR {
      plain = plain && hn::AllTrue(FloatTag(), hn::Eq(sum[v], sum[v]));
      store(best[v], y + first + v * width, n > 1 ? width : count);
    });
    if (!plain) max_with_nan(places, channels, count, x + first, y + first);
  });
}

void spread_max(std::int64_t places, std::int64_t channels, const float* HWY_RESTRICT x,
                const float* HWY_RESTRICT y, const float* HWY_RESTRICT dy, float* HWY_RESTRICT dx) {
  for (std::int64_t first = 0; first < channels; first += block) {
    const std::int64_t some = std::min(block, channels - first);
    float count[block] = {};
    for (std::int64_t i = 0; i < places; ++i) {
      for (std::int64_t c = 0; c < some; ++c) {
        count[c] += x[i * channels + first + c] == y[first + c] ? 1.0F : 0.0F;
      }
    }
    for (std::int64_t c = 0; c < some; ++c) count[c] = dy[first + c] / count[c];
    for (std::int64_t i = 0; i < places; ++i) {
      for (std::int64_t c = 0; c < some; ++c) {
        const std::int64_t at = i * channels + first + c;
        dx[at] = x[at] == y[first + c] ? count[c] : 0.0F;
      }
    }
  }
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(mean_of_places);
HWY_EXPORT(max_of_places);
HWY_EXPORT(spread_max);

double work_of(std::int64_t places, std::int64_t channels) {
  return 0.2 * static_cast<double>(places * channels);
}

}  // namespace

void global_average_forward(const Workers& workers, std::int64_t rows, std::int64_t places,
                            std::int64_t channels, const float* x, float* y) {
  workers.for_each(rows, work_of(places, channels), [&](std::int64_t i) {
    HWY_DYNAMIC_DISPATCH(mean_of_places)
    (places, channels, x + i * places * channels, y + i * channels);
  });
}

void global_average_backward(const Workers& workers, std::int64_t rows, std::int64_t places,
                             std::int64_t channels, const float* dy, float* dx) {
  const auto count = static_cast<float>(places);
  workers.for_each(rows, work_of(places, channels), [&](std::int64_t i) {
    const float* from = dy + i * channels;
    float* to = dx + i * places * channels;
    for (std::int64_t c = 0; c < channels; ++c) to[c] = from[c] / count;
    for (std::int64_t p = 1; p < places; ++p) std::copy_n(to, channels, to + p * channels);
  });
}

void global_max_forward(const Workers& workers, std::int64_t rows, std::int64_t places,
                        std::int64_t channels, const float* x, float* y) {
  workers.for_each(rows, work_of(places, channels), [&](std::int64_t i) {
    HWY_DYNAMIC_DISPATCH(max_of_places)
    (places, channels, x + i * places * channels, y + i * channels);
  });
}

void global_max_backward(const Workers& workers, std::int64_t rows, std::int64_t places,
                         std::int64_t channels, const float* x, const float* y, const float* dy,
                         float* dx) {
  workers.for_each(rows, 2 * work_of(places, channels), [&](std::int64_t i) {
    const std::int64_t image = i * places * channels;
    HWY_DYNAMIC_DISPATCH(spread_max)
    (places, channels, x + image, y + i * channels, dy + i * channels, dx + image);
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
