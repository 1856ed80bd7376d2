#pragma once

#include <cstdint>

namespace minnow {
class Workers;

namespace kernels {

// Of `rows` images of places x channels one number for each channel.

/// y = the mean over the places.
void global_average_forward(const Workers& workers, std::int64_t rows, std::int64_t places,
                            std::int64_t channels, const float* x, float* y);
/// dx = dy / places.
void global_average_backward(const Workers& workers, std::int64_t rows, std::int64_t places,
                             std::int64_t channels, const float* dy, float* dx);

/// y = the largest number; NaN where one is.
void global_max_forward(const Workers& workers, std::int64_t rows, std::int64_t places,
                        std::int64_t channels, const float* x, float* y);
/// dx = dy in equal parts at the places that have the largest number, as in TensorFlow.
void global_max_backward(const Workers& workers, std::int64_t rows, std::int64_t places,
                         std::int64_t channels, const float* x, const float* y, const float* dy,
                         float* dx);

}  // namespace kernels
}  // namespace minnow
