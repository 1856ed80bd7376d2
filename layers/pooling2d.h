#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../core/graph/layer.h"
#include "../core/kernels/pool2d.h"
#include "settings.h"
#include "window2d.h"

// What the two poolings have in common: everything but the numbers.
namespace minnow {

class Pooling2DImpl : public LayerImpl {
 public:
  /// `strides` as the pool's size where there are none. Throws InvalidArgument.
  Pooling2DImpl(const LayerLabel& label, bool trainable, const Size2D& pool_size,
                const std::optional<Size2D>& strides, Padding padding);

  Config config() const override;

 protected:
  /// Checks the input and works out the sizes.
  kernels::Pool2DSize size_on(const BuildContext& context) const;

 private:
  Window2D window_;
};

/// The shape of the pooled image.
Shape pooled_shape(const kernels::Pool2DSize& size);

/// What both read from their config: {pool_size, strides, padding, data_format} and the rest.
struct Pooling2DSettings {
  Size2D pool_size;
  Size2D strides;
  Padding padding;
  std::string name;
  bool trainable;
};
Pooling2DSettings pooling2d_settings(const Config& config, std::string_view class_name);

}  // namespace minnow
