#include "layers/zero_padding2d.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/kernels/layout.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class ZeroPadding2DOp : public LayerOp {
 public:
  ZeroPadding2DOp(Declaration declaration, const kernels::Frame& frame)
      : LayerOp(std::move(declaration)), frame_(frame) {}

  void forward(const ForwardRun& run) const override {
    kernels::pad(run.workers, frame_, run.rows, run.inputs[0], run.output);
  }

  // dx = dy without its margins
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    kernels::crop(run.workers, frame_, run.rows, run.d_output, run.d_inputs[0]);
  }

 private:
  kernels::Frame frame_;
};

class ZeroPadding2DImpl : public LayerImpl {
 public:
  ZeroPadding2DImpl(const Margins& padding, ZeroPadding2DOptions options)
      : LayerImpl(std::move(options.name), options.trainable), padding_(padding) {
    constexpr std::int64_t greatest = std::numeric_limits<std::int32_t>::max();
    const auto [least, most] =
        std::minmax({padding.top, padding.bottom, padding.left, padding.right});
    if (least < 0 || most > greatest) {
      throw InvalidArgument({LayerLabel{"ZeroPadding2D", this->name()}.str(), "padding",
                             fmt::format("numbers from 0 to {}", greatest),
                             fmt::format("(({}, {}), ({}, {}))", padding.top, padding.bottom,
                                         padding.left, padding.right),
                             ""});
    }
  }

  std::string_view class_name() const noexcept override { return "ZeroPadding2D"; }
  Config config() const override {
    return Config::object({{"padding", Config::List{Config::List{padding_.top, padding_.bottom},
                                                    Config::List{padding_.left, padding_.right}}},
                           {"data_format", "channels_last"}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input(3);
    const Shape& input = context.input();
    const kernels::Frame frame{
        .height = input[0],
        .width = input[1],
        .channels = input[2],
        .out_h = checked_sum(context, input[0], padding_.top + padding_.bottom),
        .out_w = checked_sum(context, input[1], padding_.left + padding_.right),
        .top = padding_.top,
        .left = padding_.left};
    return std::make_unique<ZeroPadding2DOp>(
        Declaration{
            .output = checked_shape(context, "output", {frame.out_h, frame.out_w, frame.channels})},
        frame);
  }

 private:
  static std::int64_t checked_sum(const BuildContext& context, std::int64_t size,
                                  std::int64_t margins) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(size, margins, &sum)) {
      context.wrong_input("a size that fits in 63 bits with its margins");
    }
    return sum;
  }

  Margins padding_;
};

// A number, two, or two pairs of them.
Margins margins_from(LayerReader& reader) {
  const Config& given = reader.value("padding");
  const auto wrong = [&]() {
    throw InvalidArgument(
        {reader.what(), "padding", "an integer, two, or two pairs of them", given.str(), ""});
  };
  if (given.is_null()) return 1;
  if (given.is_integer()) return given.integer();
  if (!given.is_list() || given.list().size() != 2) wrong();
  std::int64_t sides[4];
  for (std::size_t axis : {0U, 1U}) {
    const Config& side = given.list()[axis];
    const bool pair = side.is_list() && side.list().size() == 2;
    for (std::size_t end : {0U, 1U}) {
      const Config& number = pair ? side.list()[end] : side;
      if (!number.is_integer()) wrong();
      sides[2 * axis + end] = number.integer();
    }
  }
  return {sides[0], sides[1], sides[2], sides[3]};
}

}  // namespace

ZeroPadding2D::ZeroPadding2D(Margins padding, ZeroPadding2DOptions options)
    : Layer(std::make_shared<ZeroPadding2DImpl>(padding, std::move(options))) {}

Layer ZeroPadding2D::from_config(const Config& config) {
  LayerReader reader(config, "ZeroPadding2D");
  const Margins padding = margins_from(reader);
  reader.require_channels_last();
  reader.finish();
  return ZeroPadding2D(padding, {.name = reader.name(), .trainable = reader.trainable()});
}

}  // namespace minnow
