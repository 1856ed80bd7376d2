#include "layers/reshape.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "layers/settings.h"

namespace minnow {
namespace {

std::string text(const std::vector<std::int64_t>& sizes) {
  return fmt::format("({}{})", joined(sizes), sizes.size() == 1 ? "," : "");
}

class ReshapeImpl : public LayerImpl {
 public:
  ReshapeImpl(std::vector<std::int64_t> target_shape, ReshapeOptions options)
      : LayerImpl(std::move(options.name), options.trainable),
        target_shape_(std::move(target_shape)),
        open_(std::find(target_shape_.begin(), target_shape_.end(), -1)) {
    check_settings();
  }

  std::string_view class_name() const noexcept override { return "Reshape"; }
  Config config() const override {
    return Config::object({{"target_shape", Config::integers(target_shape_)}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    const std::int64_t numel = context.input().numel();
    if (open_ == target_shape_.end() ? numel != known_ : numel % known_ != 0) {
      context.wrong_input(fmt::format("{}{} numbers a row for {}",
                                      open_ == target_shape_.end() ? "" : "a multiple of ", known_,
                                      text(target_shape_)),
                          fmt::format("Each row of the input has {}.", numel));
    }
    std::vector<std::int64_t> sizes = target_shape_;
    std::replace(sizes.begin(), sizes.end(), std::int64_t{-1}, numel / known_);
    return std::make_unique<LayerOp>(Declaration{.output = Shape(sizes), .view = true});
  }

 private:
  void check_settings() {
    const auto wrong = [&](std::string_view expected) {
      throw InvalidArgument(
          {LayerLabel{"Reshape", name()}.str(), "target_shape", expected, text(target_shape_), ""});
    };
    if (target_shape_.size() >= Shape::max_rank) {
      wrong(fmt::format("at most {} axes besides the batch's", Shape::max_rank - 1));
    }
    for (auto size = target_shape_.begin(); size != target_shape_.end(); ++size) {
      if (size == open_) continue;
      if (*size < 1) wrong("sizes of at least 1, one of them -1 at most");
      if (multiply_overflows(known_, *size, &known_)) wrong("a product that fits in 63 bits");
    }
  }

  std::vector<std::int64_t> target_shape_;
  std::vector<std::int64_t>::iterator open_;  // the -1, or the end
  std::int64_t known_ = 1;                    // the product of the others
};

}  // namespace

Reshape::Reshape(std::vector<std::int64_t> target_shape, ReshapeOptions options)
    : Layer(std::make_shared<ReshapeImpl>(std::move(target_shape), std::move(options))) {}

Layer Reshape::from_config(const Config& config) {
  LayerReader reader(config, "Reshape");
  std::vector<std::int64_t> target_shape = reader.integers("target_shape");
  reader.finish();
  return Reshape(std::move(target_shape), {.name = reader.name(), .trainable = reader.trainable()});
}

}  // namespace minnow
