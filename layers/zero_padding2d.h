#pragma once

#include <cstdint>
#include <string>

#include "../core/graph/layer.h"
#include "window2d.h"

namespace minnow {

/// Rows and columns around an image: as many on every side, as many above as below and left as
/// right, or four numbers.
struct Margins {
  std::int64_t top, bottom, left, right;

  constexpr Margins(std::int64_t all) : top(all), bottom(all), left(all), right(all) {}
  constexpr Margins(std::int64_t vertical, std::int64_t horizontal)
      : top(vertical), bottom(vertical), left(horizontal), right(horizontal) {}
  constexpr Margins(std::int64_t t, std::int64_t b, std::int64_t l, std::int64_t r)
      : top(t), bottom(b), left(l), right(r) {}
};

struct ZeroPadding2DOptions {
  std::string name = "";
  bool trainable = true;
};

/// Zeros around an image: (height, width, channels) -> (top + height + bottom,
/// left + width + right, channels). Keras's ((1, 2), (3, 4)) is {1, 2, 3, 4}.
class ZeroPadding2D : public Layer {
 public:
  /// Throws InvalidArgument for a margin below 0.
  explicit ZeroPadding2D(Margins padding = 1, ZeroPadding2DOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Layer from_config(const Config& config);
};

}  // namespace minnow
