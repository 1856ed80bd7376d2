#include "layers/depthwise_conv2d.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/kernels/depthwise_conv2d.h"
#include "core/kernels/layout.h"
#include "layers/activation_settings.h"
#include "layers/settings.h"

namespace minnow {
namespace {

// With several filters for each channel, every channel is repeated for each of them: then there is
// one filter for each again.
class DepthwiseConv2DOp : public LayerOp {
 public:
  DepthwiseConv2DOp(Declaration declaration, const kernels::DepthwiseSize& size,
                    std::int64_t multiplier, bool use_bias)
      : LayerOp(std::move(declaration)),
        size_(size),
        repeat_{.height = size.height,
                .width = size.width * (size.channels / multiplier),
                .channels = 1,
                .down = 1,
                .across = multiplier},
        use_bias_(use_bias) {}

  void forward(const ForwardRun& run) const override {
    kernels::depthwise_forward(
        run.workers, size_, run.rows, repeated(run.workers, run.rows, run.inputs[0], run.scratch),
        run.weight(0), run.output, {use_bias_ ? run.weight(1) : nullptr, run.epilogue},
        floats(run.scratch));
  }

  void backward(const BackwardRun& run) const override {
    const float* dy = run.d_output;
    if (float* dkernel = run.d_weights[0]) {
      // dkernel[a,b,c,f] = sum over rows and places i,j of x[i s + a d - p, ..., c] dy[i,j,c m + f]
      kernels::depthwise_backward_kernel(
          run.workers, size_, run.rows, repeated(run.workers, run.rows, run.inputs[0], run.scratch),
          dy, dkernel, run.accumulate, floats(run.scratch));
    }
    if (float* dbias = use_bias_ ? run.d_weights[1] : nullptr) {
      // dbias = sum over rows and places of dy
      kernels::sum_rows(run.workers, run.rows * size_.out_h * size_.out_w, size_.channels, dy,
                        dbias, run.accumulate);
    }
    if (float* dx = run.d_inputs[0]) {
      // dx[i s + a d - p, ..., c] = sum over the places and taps that read it, and over f, of
      // dy[i,j,c m + f] kernel[a,b,c,f]
      float* to = repeats() ? repeated_image(run.scratch) : dx;
      kernels::depthwise_backward_input(run.workers, size_, run.rows, dy, run.weights[0], to,
                                        floats(run.scratch));
      if (repeats()) kernels::upsample_backward(run.workers, repeat_, run.rows, to, dx);
    }
  }

 private:
  static float* floats(std::byte* scratch) { return reinterpret_cast<float*>(scratch); }
  bool repeats() const { return repeat_.across > 1; }
  float* repeated_image(std::byte* scratch) const {
    return floats(scratch) + kernels::depthwise_scratch(size_);
  }
  const float* repeated(const Workers& workers, std::int64_t rows, const float* x,
                        std::byte* scratch) const {
    if (!repeats()) return x;
    kernels::upsample(workers, repeat_, rows, x, repeated_image(scratch));
    return repeated_image(scratch);
  }

  kernels::DepthwiseSize size_;  // of the repeated channels
  kernels::Upsampling repeat_;
  bool use_bias_;
};

class DepthwiseConv2DImpl : public LayerImpl {
 public:
  DepthwiseConv2DImpl(Size2D kernel_size, DepthwiseConv2DOptions options)
      : LayerImpl(options.name, options.trainable),
        options_(std::move(options)),
        window_{.noun = "kernel",
                .argument = "kernel_size",
                .size = kernel_size,
                .strides = options_.strides,
                .dilation = options_.dilation,
                .padding = options_.padding} {
    const LayerLabel label{"DepthwiseConv2D", name()};
    check_window(window_, label);
    require_at_least(label, "depth_multiplier", options_.depth_multiplier, 1);
    check_strides_or_dilation(window_, label);
  }

  std::string_view class_name() const noexcept override { return "DepthwiseConv2D"; }

  Config config() const override {
    return Config::object(
        {{"depth_multiplier", options_.depth_multiplier},
         {"kernel_size", window_.size.config()},
         {"strides", window_.strides.config()},
         {"padding", window_.padding.name()},
         {"data_format", "channels_last"},
         {"dilation_rate", window_.dilation.config()},
         {"activation", activation_config(options_.activation.fn())},
         {"use_bias", options_.use_bias},
         {"depthwise_initializer", initializer_config(options_.depthwise_initializer)},
         {"bias_initializer", initializer_config(options_.bias_initializer)},
         {"depthwise_regularizer", regularizer_config(options_.depthwise_regularizer)},
         {"bias_regularizer", regularizer_config(options_.bias_regularizer)},
         {"activity_regularizer", {}},
         {"depthwise_constraint", constraint_config(options_.depthwise_constraint)},
         {"bias_constraint", constraint_config(options_.bias_constraint)}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    const WindowFit fit = fit_window(window_, context);
    const std::int64_t m = options_.depth_multiplier;
    const std::int64_t channels = checked_shape(context, "output", {fit.channels, m}).numel();
    const kernels::DepthwiseSize size{.height = fit.height,
                                      .width = fit.width,
                                      .channels = channels,
                                      .kernel_h = window_.size.height,
                                      .kernel_w = window_.size.width,
                                      .out_h = fit.out_h,
                                      .out_w = fit.out_w,
                                      .stride_h = window_.strides.height,
                                      .stride_w = window_.strides.width,
                                      .pad_top = fit.pad_top,
                                      .pad_left = fit.pad_left,
                                      .dilation_h = window_.dilation.height,
                                      .dilation_w = window_.dilation.width};
    Declaration declaration{
        .output = checked_shape(context, "output", {fit.out_h, fit.out_w, channels}),
        .weights = {{.name = "kernel",
                     .shape =
                         checked_shape(context, "kernel",
                                       {window_.size.height, window_.size.width, fit.channels, m}),
                     .initializer = options_.depthwise_initializer,
                     .regularizer = options_.depthwise_regularizer,
                     .constraint = options_.depthwise_constraint}},
        .activation = options_.activation.fn(),
        .takes_epilogue = true,
        .keeps_inputs = true};
    if (options_.use_bias) {
      declaration.weights.push_back({.name = "bias",
                                     .shape = Shape{channels},
                                     .initializer = options_.bias_initializer,
                                     .regularizer = options_.bias_regularizer,
                                     .constraint = options_.bias_constraint});
    }
    constexpr std::int64_t bytes = sizeof(float);
    declaration.scratch.fixed = kernels::depthwise_scratch(size) * bytes;
    if (m > 1) {
      const Shape repeated =
          checked_shape(context, "repeated input", {fit.height, fit.width, channels});
      declaration.scratch.per_row = repeated.numel() * bytes;
    }
    return std::make_unique<DepthwiseConv2DOp>(std::move(declaration), size, m, options_.use_bias);
  }

 private:
  DepthwiseConv2DOptions options_;
  Window2D window_;
};

}  // namespace

DepthwiseConv2D::DepthwiseConv2D(KernelSize kernel_size, DepthwiseConv2DOptions options)
    : Layer(std::make_shared<DepthwiseConv2DImpl>(kernel_size, std::move(options))) {}

Layer DepthwiseConv2D::from_config(const Config& config) {
  LayerReader reader(config, "DepthwiseConv2D");
  const Size2D kernel_size = size2d_from(reader, "kernel_size");
  const DepthwiseConv2DOptions options{
      .strides = size2d_from(reader, "strides", 1),
      .padding = padding_from(reader),
      .depth_multiplier = reader.integer("depth_multiplier", 1),
      .dilation = size2d_from(reader, "dilation_rate", 1),
      .activation = activation_from(reader, "activation"),
      .use_bias = reader.boolean("use_bias", true),
      .depthwise_initializer = reader.initializer("depthwise_initializer", "glorot_uniform"),
      .bias_initializer = reader.initializer("bias_initializer", "zeros"),
      .name = reader.name(),
      .trainable = reader.trainable(),
      .depthwise_regularizer = reader.regularizer("depthwise_regularizer"),
      .bias_regularizer = reader.regularizer("bias_regularizer"),
      .depthwise_constraint = reader.constraint("depthwise_constraint"),
      .bias_constraint = reader.constraint("bias_constraint")};
  reader.require_channels_last();
  reader.require_none({"activity_regularizer"});
  reader.finish();
  return DepthwiseConv2D(kernel_size, options);
}

}  // namespace minnow
