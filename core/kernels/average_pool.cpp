#include <algorithm>

#include "core/kernels/pool2d.h"
#include "core/kernels/pool_windows.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/average_pool.cpp"
#define MINNOW_WITHOUT_SSE4
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include "core/kernels/registers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {
namespace {

// Numbers over so many; by a product, which is exact and takes less time, for powers of two.
class Over {
 public:
  explicit Over(std::int64_t count)
      : exact_((count & (count - 1)) == 0),
        by_(hn::Set(FloatTag(),
                    exact_ ? 1.0F / static_cast<float>(count) : static_cast<float>(count))) {}
  HWY_INLINE Floats operator()(Floats v) const {
    return exact_ ? hn::Mul(v, by_) : hn::Div(v, by_);
  }

 private:
  bool exact_;
  Floats by_;
};

// f(channels of a register, window's first number in the image and in the output) for all.
template <class F>
HWY_INLINE void for_registers(const Pool2DSize& s, const Windows& w, const F& f) {
  for (std::int64_t c = 0; c < s.channels; c += lanes) {
    const Partial part(s.channels - c);
    for (std::int64_t t = 0; t < w.count; ++t) {
      f(part, t * s.stride_w * s.channels + c, t * s.channels + c);
    }
  }
}

}  // namespace

void average_windows(const Pool2DSize& s, const Windows& w, const float* x, float* y) {
  const std::int64_t row = s.width * s.channels;
  const Over over(w.rows * w.columns);
  for_registers(s, w, [&](const Partial& part, std::int64_t in, std::int64_t out) HWY_ATTR {
    Floats sum = hn::Zero(FloatTag());
    for (std::int64_t a = 0; a < w.rows; ++a) {
      const float* from = x + in + a * row;
      for (std::int64_t b = 0; b < w.columns; ++b, from += s.channels) {
        sum = hn::Add(sum, part.load(from));
      }
    }
    part.store(over(sum), y + out);
  });
}

void spread_windows(const Pool2DSize& s, const Windows& w, const float* dy, bool add, float* dx) {
  const std::int64_t row = s.width * s.channels;
  const Over over(w.rows * w.columns);
  for_registers(s, w, [&](const Partial& part, std::int64_t in, std::int64_t out) HWY_ATTR {
    const Floats each = over(part.load(dy + out));
    for (std::int64_t a = 0; a < w.rows; ++a) {
      float* to = dx + in + a * row;
      for (std::int64_t b = 0; b < w.columns; ++b, to += s.channels) {
        part.store(add ? hn::Add(part.load(to), each) : each, to);
      }
    }
  });
}

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(average_windows);
HWY_EXPORT(spread_windows);

double work_of(const Pool2DSize& s, std::int64_t windows) {
  return static_cast<double>(windows * s.pool_h * s.pool_w * s.channels) * 0.1;
}

}  // namespace

void average_pool_forward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                          const float* x, float* y) {
  const std::int64_t image = s.height * s.width * s.channels, row = s.out_w * s.channels;
  workers.for_each(batch * s.out_h, work_of(s, s.out_w), [&](std::int64_t r) {
    for_windows(s, r % s.out_h, [&](const Windows& w, std::int64_t place, std::int64_t j) {
      HWY_DYNAMIC_DISPATCH(average_windows)
      (s, w, x + r / s.out_h * image + place * s.channels, y + r * row + j * s.channels);
    });
  });
}

void average_pool_backward(const Workers& workers, const Pool2DSize& s, std::int64_t batch,
                           const float* dy, float* dx) {
  const std::int64_t image = s.height * s.width * s.channels, row = s.out_w * s.channels;
  const bool add = !windows_tile(s);
  // Windows may overlap, so an image belongs to one thread.
  workers.for_each(batch, work_of(s, s.out_h * s.out_w), [&](std::int64_t n) {
    float* to = dx + n * image;
    if (add) std::fill_n(to, image, 0.0F);
    for (std::int64_t r = n * s.out_h; r < (n + 1) * s.out_h; ++r) {
      for_windows(s, r % s.out_h, [&](const Windows& w, std::int64_t place, std::int64_t j) {
        HWY_DYNAMIC_DISPATCH(spread_windows)
        (s, w, dy + r * row + j * s.channels, add, to + place * s.channels);
      });
    }
  });
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
