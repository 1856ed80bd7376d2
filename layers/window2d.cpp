#include "layers/window2d.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace minnow {
namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int32_t>::max();

// The places a dilated window spans. Fits in 63 bits: check_window holds both below 2^31.
std::int64_t extent(std::int64_t size, std::int64_t dilation) { return (size - 1) * dilation + 1; }

struct AxisFit {
  std::int64_t out, pad;
};

// valid: every place where the window lies inside. same: out = ceil(n / stride), the padding that
// takes cut in halves, the odd one at the end.
AxisFit fit_axis(std::int64_t n, std::int64_t extent, std::int64_t stride, Padding padding) {
  if (padding.kind() == Padding::valid) return {(n - extent) / stride + 1, 0};
  const std::int64_t out = (n - 1) / stride + 1;
  const std::int64_t missing = (out - 1) * stride - n + extent;
  return {out, std::max<std::int64_t>(missing, 0) / 2};
}

[[noreturn]] void too_small(const Window2D& window, const Size2D& needed,
                            const BuildContext& context) {
  const std::string which = window.dilation == Size2D(1)
                                ? fmt::format("a valid {} of that size", window.noun)
                                : fmt::format("a valid {} of {} with dilation {}", window.noun,
                                              window.size.str(), window.dilation.str());
  context.wrong_input(fmt::format("at least {} for {}", needed.str(), which),
                      fmt::format("Use padding same or a smaller {}.", window.noun));
}

}  // namespace

std::string Size2D::str() const { return fmt::format("({}, {})", height, width); }

Padding::Padding(std::string_view name) : kind_(name == "same" ? same : valid) {
  if (name != "valid" && name != "same") {
    throw InvalidArgument({"padding", "", "'valid' or 'same'", fmt::format("'{}'", name), ""});
  }
}

void check_sizes(const Size2D& sizes, std::string_view argument, const LayerLabel& layer) {
  if (std::min(sizes.height, sizes.width) >= 1 && std::max(sizes.height, sizes.width) <= largest) {
    return;
  }
  throw InvalidArgument(
      {layer.str(), argument, fmt::format("numbers from 1 to {}", largest), sizes.str(), ""});
}

void check_window(const Window2D& window, const LayerLabel& layer) {
  check_sizes(window.size, window.argument, layer);
  check_sizes(window.strides, "strides", layer);
  check_sizes(window.dilation, "dilation", layer);
}

void check_strides_or_dilation(const Window2D& window, const LayerLabel& layer) {
  const auto above_one = [](const Size2D& s) { return std::max(s.height, s.width) > 1; };
  if (!above_one(window.strides) || !above_one(window.dilation)) return;
  throw InvalidArgument(
      {layer.str(), "", "strides or dilation of 1",
       fmt::format("strides {} and dilation {}", window.strides.str(), window.dilation.str()), ""});
}

WindowFit fit_window(const Window2D& window, const BuildContext& context) {
  context.require_one_input(3);
  const Shape& input = context.input();
  const Size2D needed{extent(window.size.height, window.dilation.height),
                      extent(window.size.width, window.dilation.width)};
  if (window.padding.kind() == Padding::valid &&
      (input[0] < needed.height || input[1] < needed.width)) {
    too_small(window, needed, context);
  }
  const AxisFit down = fit_axis(input[0], needed.height, window.strides.height, window.padding);
  const AxisFit across = fit_axis(input[1], needed.width, window.strides.width, window.padding);
  return {.height = input[0],
          .width = input[1],
          .channels = input[2],
          .out_h = down.out,
          .out_w = across.out,
          .pad_top = down.pad,
          .pad_left = across.pad};
}

Size2D size2d_from(ConfigReader& reader, std::string_view key, std::optional<Size2D> fallback) {
  if (fallback && !reader.has(key)) {
    reader.value(key);
    return *fallback;
  }
  const auto sizes = reader.integers(key);
  if (sizes.empty() || sizes.size() > 2) {
    throw InvalidArgument(
        {reader.what(), key, "one or two integers", fmt::format("{}", sizes.size()), ""});
  }
  return {sizes.front(), sizes.back()};
}

Padding padding_from(ConfigReader& reader) {
  const std::string name = reader.string("padding", "valid");
  try {
    return name;
  } catch (const InvalidArgument& e) {
    throw InvalidArgument({reader.what(), "padding", e.expected(), e.received(), e.hint()});
  }
}

}  // namespace minnow
