#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "../core/config.h"
#include "../core/graph/layer.h"
#include "settings.h"

namespace minnow {

/// A height and a width: from two numbers, or from one for both.
struct Size2D {
  std::int64_t height, width;

  constexpr Size2D(std::int64_t both) : height(both), width(both) {}
  constexpr Size2D(std::int64_t h, std::int64_t w) : height(h), width(w) {}

  /// "(3, 3)"
  std::string str() const;
  Config config() const { return Config::List{height, width}; }
  friend constexpr bool operator==(const Size2D&, const Size2D&) = default;
};

using KernelSize = Size2D;

/// What happens at the edges of an image: `Padding::valid` (the window stays inside) or
/// `Padding::same` (zeros around it, so that the output has ceil(size / stride) places), or Keras's
/// strings.
class Padding {
 public:
  enum class Kind : std::uint8_t { valid, same };
  using enum Kind;

  constexpr Padding(Kind kind) : kind_(kind) {}
  /// Throws InvalidArgument for another text than "valid" or "same".
  Padding(std::string_view name);
  Padding(const char* name) : Padding(std::string_view(name)) {}
  Padding(const std::string& name) : Padding(std::string_view(name)) {}

  constexpr Kind kind() const noexcept { return kind_; }
  std::string_view name() const noexcept { return kind_ == valid ? "valid" : "same"; }

 private:
  Kind kind_;
};

/// A window that slides over an image, as a kernel or a pool does.
struct Window2D {
  std::string_view noun;      ///< in messages: "kernel", "pool"
  std::string_view argument;  ///< Keras's name of its size: "kernel_size"
  Size2D size;
  Size2D strides;
  Size2D dilation = 1;
  Padding padding = Padding::valid;
};

/// Where the window stops on one image.
struct WindowFit {
  std::int64_t height, width, channels;  ///< of the image
  std::int64_t out_h, out_w;
  std::int64_t pad_top, pad_left;
};

/// Throws InvalidArgument unless both numbers are from 1 to 2^31 - 1.
void check_sizes(const Size2D& sizes, std::string_view argument, const LayerLabel& layer);

/// Throws InvalidArgument unless all its numbers are from 1 to 2^31 - 1.
void check_window(const Window2D& window, const LayerLabel& layer);

/// Throws InvalidArgument where strides and dilation are both above 1.
void check_strides_or_dilation(const Window2D& window, const LayerLabel& layer);

/// Lays the window over the layer's one input, (height, width, channels). Throws InvalidArgument
/// for an input of another rank, or too small for a valid window.
WindowFit fit_window(const Window2D& window, const BuildContext& context);

/// One number or two from a layer's config. Throws InvalidArgument where there is neither such a
/// value nor a fallback.
Size2D size2d_from(ConfigReader& reader, std::string_view key,
                   std::optional<Size2D> fallback = std::nullopt);
Padding padding_from(ConfigReader& reader);

}  // namespace minnow
