#pragma once

#include <functional>

#include "core/kernels/conv2d.h"
#include "core/kernels/gemm.h"

// The libraries that minnow's kernels are measured beside, behind functions of plain data, so that
// each library's headers meet one source only. Empty functions where a library was not found.
namespace minnow::bench {

using Run = std::function<void()>;

/// What a benchmark of a product works on: C = A B, rows beside one another.
struct Gemm {
  kernels::GemmSize size;
  kernels::Operand a, b;
  float* c;
  int threads;
};
Run onednn_gemm(const Gemm& gemm);
Run eigen_gemm(const Gemm& gemm);

enum class Direction { forward, input, kernel };

/// One direction of a convolution; images NHWC, kernels HWIO. The direction's result is written.
struct Convolution {
  Direction direction;
  kernels::Conv2DSize size;
  std::int64_t batch;
  float* x;
  float* kernel;
  float* y;
  int threads;
};
/// Kernels are kept as the library likes them best, and brought into that order before.
Run onednn_convolution(const Convolution& convolution);

enum class Map { relu, sigmoid, tanh };
/// y = f(x) for n numbers.
Run onednn_map(Map map, std::int64_t n, float* x, float* y, int threads);
Run eigen_map(Map map, std::int64_t n, const float* x, float* y);
/// Each row's softmax.
Run onednn_softmax(std::int64_t rows, std::int64_t cols, float* x, float* y, int threads);
/// 2 x 2 pooling of NHWC images by strides of 2, with what the way back needs.
Run onednn_max_pool(std::int64_t batch, std::int64_t side, std::int64_t channels, float* x,
                    float* y, int threads);
enum class Pooling { largest, average };
/// Whole images of NHWC to one number for each channel, with what the way back needs.
Run onednn_global_pool(Pooling kind, std::int64_t batch, std::int64_t side, std::int64_t channels,
                       float* x, float* y, int threads);
/// With the batch's mean and variance, a scale and a shift.
Run onednn_batch_norm(std::int64_t batch, std::int64_t side, std::int64_t channels, float* x,
                      float* y, int threads);
/// Of each row, with a scale and a shift.
Run onednn_layer_norm(std::int64_t rows, std::int64_t cols, float* x, float* y, int threads);
/// One step of Adam.
Run eigen_adam(std::int64_t n, const float* g, float* w, float* m, float* v);

}  // namespace minnow::bench
