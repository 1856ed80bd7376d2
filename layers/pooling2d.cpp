#include "layers/pooling2d.h"

namespace minnow {

Pooling2DImpl::Pooling2DImpl(const LayerLabel& label, bool trainable, const Size2D& pool_size,
                             const std::optional<Size2D>& strides, Padding padding)
    : LayerImpl(std::string(label.name), trainable),
      window_{.noun = "pool",
              .argument = "pool_size",
              .size = pool_size,
              .strides = strides.value_or(pool_size),
              .padding = padding} {
  check_window(window_, label);
}

Config Pooling2DImpl::config() const {
  return Config::object({{"pool_size", window_.size.config()},
                         {"padding", window_.padding.name()},
                         {"strides", window_.strides.config()},
                         {"data_format", "channels_last"}});
}

kernels::Pool2DSize Pooling2DImpl::size_on(const BuildContext& context) const {
  const WindowFit fit = fit_window(window_, context);
  return {.height = fit.height,
          .width = fit.width,
          .channels = fit.channels,
          .pool_h = window_.size.height,
          .pool_w = window_.size.width,
          .out_h = fit.out_h,
          .out_w = fit.out_w,
          .stride_h = window_.strides.height,
          .stride_w = window_.strides.width,
          .pad_top = fit.pad_top,
          .pad_left = fit.pad_left};
}

Shape pooled_shape(const kernels::Pool2DSize& size) {
  return {size.out_h, size.out_w, size.channels};
}

Pooling2DSettings pooling2d_settings(const Config& config, std::string_view class_name) {
  LayerReader reader(config, class_name);
  const Size2D pool_size = size2d_from(reader, "pool_size", 2);
  const Pooling2DSettings settings{.pool_size = pool_size,
                                   .strides = size2d_from(reader, "strides", pool_size),
                                   .padding = padding_from(reader),
                                   .name = reader.name(),
                                   .trainable = reader.trainable()};
  reader.require_channels_last();
  reader.finish();
  return settings;
}

}  // namespace minnow
