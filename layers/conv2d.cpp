#include "layers/conv2d.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "core/error.h"
#include "core/kernels/conv2d.h"
#include "layers/activation_settings.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class Conv2DOp : public LayerOp {
 public:
  Conv2DOp(Declaration declaration, const kernels::Conv2DSize& size, bool use_bias)
      : LayerOp(std::move(declaration)), size_(size), use_bias_(use_bias) {}

  void forward(const ForwardRun& run) const override {
    kernels::conv2d_forward(run.workers, size_, run.rows, run.inputs[0], run.weight(0), run.output,
                            {use_bias_ ? run.weight(1) : nullptr, run.epilogue},
                            run.in_bands ? kernels::Sharing::bands : kernels::Sharing::rows);
  }

  void backward(const BackwardRun& run) const override {
    const float* dy = run.d_output;
    if (float* dkernel = run.d_weights[0]) {
      // dkernel[a,b,c,f] = sum over rows and places i,j of x[i s + a d - p, ..., c] dy[i,j,f]
      // dbias[f] = sum over rows and places of dy[i,j,f]
      float* dbias = use_bias_ ? run.d_weights[1] : nullptr;
      kernels::conv2d_backward_kernel(run.workers, size_, run.rows, run.inputs[0], dy, dkernel,
                                      dbias, run.accumulate);
    }
    if (float* dx = run.d_inputs[0]) {
      // dx[i s + a d - p, ..., c] = sum over the places and taps that read it, and over f, of
      // dy[i,j,f] kernel[a,b,c,f]
      kernels::conv2d_backward_input(run.workers, size_, run.rows, dy, run.weights[0], dx);
    }
  }

 private:
  kernels::Conv2DSize size_;
  bool use_bias_;
};

class Conv2DImpl : public LayerImpl {
 public:
  Conv2DImpl(std::int64_t filters, Size2D kernel_size, Conv2DOptions options)
      : LayerImpl(options.name, options.trainable),
        filters_(filters),
        options_(std::move(options)),
        window_{.noun = "kernel",
                .argument = "kernel_size",
                .size = kernel_size,
                .strides = options_.strides,
                .dilation = options_.dilation,
                .padding = options_.padding} {
    check_settings();
  }

  std::string_view class_name() const noexcept override { return "Conv2D"; }

  Config config() const override {
    return Config::object({{"filters", filters_},
                           {"kernel_size", window_.size.config()},
                           {"strides", window_.strides.config()},
                           {"padding", window_.padding.name()},
                           {"data_format", "channels_last"},
                           {"dilation_rate", window_.dilation.config()},
                           {"groups", options_.groups},
                           {"activation", activation_config(options_.activation.fn())},
                           {"use_bias", options_.use_bias},
                           {"kernel_initializer", initializer_config(options_.kernel_initializer)},
                           {"bias_initializer", initializer_config(options_.bias_initializer)},
                           {"kernel_regularizer", regularizer_config(options_.kernel_regularizer)},
                           {"bias_regularizer", regularizer_config(options_.bias_regularizer)},
                           {"activity_regularizer", {}},
                           {"kernel_constraint", constraint_config(options_.kernel_constraint)},
                           {"bias_constraint", constraint_config(options_.bias_constraint)}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    const WindowFit fit = fit_window(window_, context);
    if (fit.channels % options_.groups != 0) {
      context.wrong_input(fmt::format("channels divisible by {} groups", options_.groups));
    }
    const std::int64_t group_channels = fit.channels / options_.groups;
    Declaration declaration{
        .output = checked_shape(context, "output", {fit.out_h, fit.out_w, filters_}),
        .weights = {{.name = "kernel",
                     .shape = checked_shape(
                         context, "kernel",
                         {window_.size.height, window_.size.width, group_channels, filters_}),
                     .initializer = options_.kernel_initializer,
                     .regularizer = options_.kernel_regularizer,
                     .constraint = options_.kernel_constraint}},
        .activation = options_.activation.fn(),
        .takes_epilogue = true,
        .keeps_inputs = true};
    if (options_.use_bias) {
      declaration.weights.push_back({.name = "bias",
                                     .shape = Shape{filters_},
                                     .initializer = options_.bias_initializer,
                                     .regularizer = options_.bias_regularizer,
                                     .constraint = options_.bias_constraint});
    }
    const kernels::Conv2DSize size{.height = fit.height,
                                   .width = fit.width,
                                   .channels = fit.channels,
                                   .kernel_h = window_.size.height,
                                   .kernel_w = window_.size.width,
                                   .filters = filters_,
                                   .out_h = fit.out_h,
                                   .out_w = fit.out_w,
                                   .stride_h = window_.strides.height,
                                   .stride_w = window_.strides.width,
                                   .pad_top = fit.pad_top,
                                   .pad_left = fit.pad_left,
                                   .dilation_h = window_.dilation.height,
                                   .dilation_w = window_.dilation.width,
                                   .groups = options_.groups};
    return std::make_unique<Conv2DOp>(std::move(declaration), size, options_.use_bias);
  }

 private:
  void check_settings() const {
    const LayerLabel label{"Conv2D", name()};
    require_at_least(label, "filters", filters_, 1);
    check_window(window_, label);
    require_at_least(label, "groups", options_.groups, 1);
    if (filters_ % options_.groups != 0) {
      throw InvalidArgument({label.str(), "groups",
                             fmt::format("a divisor of the {} filters", filters_),
                             fmt::format("{}", options_.groups), ""});
    }
    check_strides_or_dilation(window_, label);
  }

  std::int64_t filters_;
  Conv2DOptions options_;
  Window2D window_;
};

}  // namespace

Conv2D::Conv2D(std::int64_t filters, KernelSize kernel_size, Conv2DOptions options)
    : Layer(std::make_shared<Conv2DImpl>(filters, kernel_size, std::move(options))) {}

Layer Conv2D::from_config(const Config& config) {
  LayerReader reader(config, "Conv2D");
  const std::int64_t filters = reader.integer("filters");
  const Size2D kernel_size = size2d_from(reader, "kernel_size");
  const Conv2DOptions options{
      .strides = size2d_from(reader, "strides", 1),
      .padding = padding_from(reader),
      .dilation = size2d_from(reader, "dilation_rate", 1),
      .groups = reader.integer("groups", 1),
      .activation = activation_from(reader, "activation"),
      .use_bias = reader.boolean("use_bias", true),
      .kernel_initializer = reader.initializer("kernel_initializer", "glorot_uniform"),
      .bias_initializer = reader.initializer("bias_initializer", "zeros"),
      .name = reader.name(),
      .trainable = reader.trainable(),
      .kernel_regularizer = reader.regularizer("kernel_regularizer"),
      .bias_regularizer = reader.regularizer("bias_regularizer"),
      .kernel_constraint = reader.constraint("kernel_constraint"),
      .bias_constraint = reader.constraint("bias_constraint")};
  reader.require_channels_last();
  reader.require_none({"activity_regularizer"});
  reader.finish();
  return Conv2D(filters, kernel_size, options);
}

}  // namespace minnow
