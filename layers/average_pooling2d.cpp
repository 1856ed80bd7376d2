#include "layers/average_pooling2d.h"

#include <memory>
#include <utility>

#include "core/kernels/pool2d.h"
#include "layers/pooling2d.h"

namespace minnow {
namespace {

class AveragePooling2DOp : public LayerOp {
 public:
  AveragePooling2DOp(Declaration declaration, const kernels::Pool2DSize& size)
      : LayerOp(std::move(declaration)), size_(size) {}

  void forward(const ForwardRun& run) const override {
    kernels::average_pool_forward(run.workers, size_, run.rows, run.inputs[0], run.output);
  }

  // dx[p] = sum over the windows that hold p of dy / (numbers in the window)
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    kernels::average_pool_backward(run.workers, size_, run.rows, run.d_output, run.d_inputs[0]);
  }

 private:
  kernels::Pool2DSize size_;
};

class AveragePooling2DImpl : public Pooling2DImpl {
 public:
  AveragePooling2DImpl(const Size2D& pool_size, const AveragePooling2DOptions& options)
      : Pooling2DImpl({"AveragePooling2D", options.name}, options.trainable, pool_size,
                      options.strides, options.padding) {}

  std::string_view class_name() const noexcept override { return "AveragePooling2D"; }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    const kernels::Pool2DSize size = size_on(context);
    return std::make_unique<AveragePooling2DOp>(Declaration{.output = pooled_shape(size)}, size);
  }
};

}  // namespace

AveragePooling2D::AveragePooling2D(Size2D pool_size, AveragePooling2DOptions options)
    : Layer(std::make_shared<AveragePooling2DImpl>(pool_size, options)) {}

Layer AveragePooling2D::from_config(const Config& config) {
  const Pooling2DSettings s = pooling2d_settings(config, "AveragePooling2D");
  return AveragePooling2D(s.pool_size, {s.strides, s.padding, s.name, s.trainable});
}

}  // namespace minnow
