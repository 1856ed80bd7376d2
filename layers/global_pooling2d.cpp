#include "layers/global_pooling2d.h"

#include <memory>
#include <utility>

#include "core/kernels/global_pool.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class GlobalAverageOp : public LayerOp {
 public:
  GlobalAverageOp(Declaration declaration, std::int64_t places)
      : LayerOp(std::move(declaration)), places_(places) {}

  void forward(const ForwardRun& run) const override {
    kernels::global_average_forward(run.workers, run.rows, places_, declaration().output.back(),
                                    run.inputs[0], run.output);
  }

  // dx = dy / places
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    kernels::global_average_backward(run.workers, run.rows, places_, declaration().output.back(),
                                     run.d_output, run.d_inputs[0]);
  }

 private:
  std::int64_t places_;
};

class GlobalMaxOp : public LayerOp {
 public:
  GlobalMaxOp(Declaration declaration, std::int64_t places)
      : LayerOp(std::move(declaration)), places_(places) {}

  void forward(const ForwardRun& run) const override {
    kernels::global_max_forward(run.workers, run.rows, places_, declaration().output.back(),
                                run.inputs[0], run.output);
  }

  // dx = dy / (places where x = y) there, 0 elsewhere
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    kernels::global_max_backward(run.workers, run.rows, places_, declaration().output.back(),
                                 run.inputs[0], run.output, run.d_output, run.d_inputs[0]);
  }

 private:
  std::int64_t places_;
};

class GlobalPooling2DImpl : public LayerImpl {
 public:
  GlobalPooling2DImpl(bool largest, GlobalPooling2DOptions options)
      : LayerImpl(std::move(options.name), options.trainable),
        largest_(largest),
        keepdims_(options.keepdims) {}

  std::string_view class_name() const noexcept override {
    return largest_ ? "GlobalMaxPooling2D" : "GlobalAveragePooling2D";
  }
  Config config() const override {
    return Config::object({{"data_format", "channels_last"}, {"keepdims", keepdims_}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input(3);
    const Shape& input = context.input();
    const std::int64_t places = input[0] * input[1];
    const Shape output = keepdims_ ? Shape{1, 1, input[2]} : Shape{input[2]};
    if (!largest_) {
      return std::make_unique<GlobalAverageOp>(Declaration{.output = output}, places);
    }
    return std::make_unique<GlobalMaxOp>(
        Declaration{.output = output, .keeps_inputs = true, .keeps_output = true}, places);
  }

 private:
  bool largest_, keepdims_;
};

GlobalPooling2DOptions options_from(const Config& config, std::string_view class_name) {
  LayerReader reader(config, class_name);
  GlobalPooling2DOptions options{.keepdims = reader.boolean("keepdims", false),
                                 .name = reader.name(),
                                 .trainable = reader.trainable()};
  reader.require_channels_last();
  reader.finish();
  return options;
}

}  // namespace

GlobalAveragePooling2D::GlobalAveragePooling2D(GlobalPooling2DOptions options)
    : Layer(std::make_shared<GlobalPooling2DImpl>(false, std::move(options))) {}

Layer GlobalAveragePooling2D::from_config(const Config& config) {
  return GlobalAveragePooling2D(options_from(config, "GlobalAveragePooling2D"));
}

GlobalMaxPooling2D::GlobalMaxPooling2D(GlobalPooling2DOptions options)
    : Layer(std::make_shared<GlobalPooling2DImpl>(true, std::move(options))) {}

Layer GlobalMaxPooling2D::from_config(const Config& config) {
  return GlobalMaxPooling2D(options_from(config, "GlobalMaxPooling2D"));
}

}  // namespace minnow
