#pragma once

#include <cstdint>

namespace minnow {
class Workers;

namespace kernels {

// Operations on rows x cols numbers with numbers of the columns' own.

/// y = x scale + shift; shift may be null, y may be x.
void scale_columns(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
                   const float* scale, const float* shift, float* y);
/// y = (x - mean) / spread.
void standardize_columns(const Workers& workers, std::int64_t rows, std::int64_t cols,
                         const float* x, const float* mean, const float* spread, float* y);

/// y = x of each of `rows` images of places x channels, times a number of the image and channel.
void scale_channels(const Workers& workers, std::int64_t rows, std::int64_t places,
                    std::int64_t channels, const float* x, const float* scale, float* y);

/// y = x > 0 ? x : alpha x.
void prelu_forward(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
                   const float* alpha, float* y);
/// dx = x > 0 ? dy : x < 0 ? alpha dy : 0 and dalpha = sum over rows of x dy where x < 0. Either
/// may be null; both are overwritten.
void prelu_backward(const Workers& workers, std::int64_t rows, std::int64_t cols, const float* x,
                    const float* alpha, const float* dy, float* dx, float* dalpha);

}  // namespace kernels
}  // namespace minnow
