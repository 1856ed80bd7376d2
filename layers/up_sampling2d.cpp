#include "layers/up_sampling2d.h"

#include <memory>
#include <utility>

#include "core/kernels/layout.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class UpSampling2DOp : public LayerOp {
 public:
  UpSampling2DOp(Declaration declaration, const kernels::Upsampling& size)
      : LayerOp(std::move(declaration)), size_(size) {}

  void forward(const ForwardRun& run) const override {
    kernels::upsample(run.workers, size_, run.rows, run.inputs[0], run.output);
  }

  // dx[p] = sum over the places that show p of dy
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    kernels::upsample_backward(run.workers, size_, run.rows, run.d_output, run.d_inputs[0]);
  }

 private:
  kernels::Upsampling size_;
};

class UpSampling2DImpl : public LayerImpl {
 public:
  UpSampling2DImpl(const Size2D& size, UpSampling2DOptions options)
      : LayerImpl(std::move(options.name), options.trainable), size_(size) {
    check_sizes(size_, "size", {"UpSampling2D", this->name()});
  }

  std::string_view class_name() const noexcept override { return "UpSampling2D"; }
  Config config() const override {
    return Config::object(
        {{"size", size_.config()}, {"data_format", "channels_last"}, {"interpolation", "nearest"}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input(3);
    const Shape& input = context.input();
    const Shape repeated =
        checked_shape(context, "output", {input[0], size_.height, input[1], size_.width, input[2]});
    const Shape output{repeated[0] * repeated[1], repeated[2] * repeated[3], repeated[4]};
    return std::make_unique<UpSampling2DOp>(Declaration{.output = output},
                                            kernels::Upsampling{.height = input[0],
                                                                .width = input[1],
                                                                .channels = input[2],
                                                                .down = size_.height,
                                                                .across = size_.width});
  }

 private:
  Size2D size_;
};

}  // namespace

UpSampling2D::UpSampling2D(Size2D size, UpSampling2DOptions options)
    : Layer(std::make_shared<UpSampling2DImpl>(size, std::move(options))) {}

Layer UpSampling2D::from_config(const Config& config) {
  LayerReader reader(config, "UpSampling2D");
  const Size2D size = size2d_from(reader, "size", 2);
  reader.require("interpolation", "nearest");
  reader.require_channels_last();
  reader.finish();
  return UpSampling2D(size, {.name = reader.name(), .trainable = reader.trainable()});
}

}  // namespace minnow
