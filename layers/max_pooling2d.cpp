#include "layers/max_pooling2d.h"

#include <fmt/format.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "core/kernels/pool2d.h"
#include "layers/pooling2d.h"

namespace minnow {
namespace {

class MaxPooling2DOp : public LayerOp {
 public:
  MaxPooling2DOp(Declaration declaration, const kernels::Pool2DSize& size)
      : LayerOp(std::move(declaration)), size_(size) {}

  void forward(const ForwardRun& run) const override {
    kernels::max_pool_forward(run.workers, size_, run.rows, run.inputs[0], run.output, run.saved);
  }

  // dx[p] = sum of dy over the windows that p won, where y > 0 for relu's derivative
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    const float* positive = run.derivative != nullptr ? run.derivative->saved : nullptr;
    kernels::max_pool_backward(run.workers, size_, run.rows, run.d_output, run.saved, positive,
                               run.d_inputs[0]);
  }

 private:
  kernels::Pool2DSize size_;
};

class MaxPooling2DImpl : public Pooling2DImpl {
 public:
  MaxPooling2DImpl(const Size2D& pool_size, const MaxPooling2DOptions& options)
      : Pooling2DImpl({"MaxPooling2D", options.name}, options.trainable, pool_size, options.strides,
                      options.padding) {}

  std::string_view class_name() const noexcept override { return "MaxPooling2D"; }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    const kernels::Pool2DSize size = size_on(context);
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (size.height > most / size.width) {  // a window may be as large, and its places are int32
      context.wrong_input(fmt::format("at most {} places in an image", most));
    }
    const Shape output = pooled_shape(size);
    const std::int64_t winners = output.numel() * kernels::winner_bytes(size);
    return std::make_unique<MaxPooling2DOp>(
        Declaration{.output = output,
                    .passes_relu = size.pool_h <= size.stride_h && size.pool_w <= size.stride_w,
                    .saved = {.per_row = winners}},
        size);
  }
};

}  // namespace

MaxPooling2D::MaxPooling2D(Size2D pool_size, MaxPooling2DOptions options)
    : Layer(std::make_shared<MaxPooling2DImpl>(pool_size, options)) {}

Layer MaxPooling2D::from_config(const Config& config) {
  const Pooling2DSettings s = pooling2d_settings(config, "MaxPooling2D");
  return MaxPooling2D(s.pool_size, {s.strides, s.padding, s.name, s.trainable});
}

}  // namespace minnow
