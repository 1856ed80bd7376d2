#pragma once

#include <array>
#include <cstdint>

namespace minnow {
class Workers;

namespace kernels {

/// y += x.
void add_to(const Workers& workers, std::int64_t n, const float* x, float* y);

/// Whether no number is NaN or infinite.
bool all_finite(const Workers& workers, std::int64_t n, const float* x);

/// softmax along the middle axis of outer x n x inner numbers; y may be x.
void softmax(const Workers& workers, std::int64_t outer, std::int64_t n, std::int64_t inner,
             const float* x, float* y);
/// dx = y (dy - sum(dy y)) along the middle axis; dx may be dy.
void softmax_backward(const Workers& workers, std::int64_t outer, std::int64_t n,
                      std::int64_t inner, const float* y, const float* dy, float* dx);

/// Which random numbers a step's noise comes from: Philox under `key`, the counter made of the
/// step and the place of the number, so that backward draws the same again and nothing is stored.
struct NoiseKey {
  std::array<std::uint32_t, 2> key{};
  std::uint64_t step = 0;
};

/// y = x / (1 - rate) where number i's draw (uniform in [0, 1), 24 bits) is >= rate, else 0:
/// inverted dropout. The backward pass is the same call on dy. y may be x.
void dropout(const Workers& workers, std::int64_t n, float rate, const NoiseKey& noise,
             const float* x, float* y);

/// y = x + stddev times a standard normal number of each place (Box and Muller, "A note on the
/// generation of random normal deviates", 1958). y may be x.
void gaussian_noise(const Workers& workers, std::int64_t n, float stddev, const NoiseKey& noise,
                    const float* x, float* y);

/// dst[i] = scale * float(src[rows[i]]) for `count` rows of row_size numbers: takes a batch out of
/// a data set, shuffled or not, and makes it float on the way. With rows null: the rows from
/// `first` on in order.
struct Gather {
  const std::int64_t* rows = nullptr;
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t row_size = 1;
  float scale = 1;
};
template <class Source>
void gather_rows(const Workers& workers, const Gather& gather, const Source* src, float* dst);

}  // namespace kernels
}  // namespace minnow
