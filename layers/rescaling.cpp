#include "layers/rescaling.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "core/kernels/columns.h"

namespace minnow {
namespace {

class RescalingOp : public LayerOp {
 public:
  RescalingOp(Declaration declaration, std::vector<float> scale, std::vector<float> offset)
      : LayerOp(std::move(declaration)), scale_(std::move(scale)), offset_(std::move(offset)) {}

  void forward(const ForwardRun& run) const override {
    kernels::scale_columns(run.workers, run.rows * places(), features(), run.inputs[0],
                           scale_.data(), offset_.data(), run.output);
  }

  // dx = dy scale
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    kernels::scale_columns(run.workers, run.rows * places(), features(), run.d_output,
                           scale_.data(), nullptr, run.d_inputs[0]);
  }

 private:
  std::int64_t features() const { return static_cast<std::int64_t>(scale_.size()); }
  std::int64_t places() const { return declaration().output.numel() / features(); }

  std::vector<float> scale_, offset_;  // of each feature
};

class RescalingImpl : public LayerImpl {
 public:
  RescalingImpl(FloatOrList scale, RescalingOptions options)
      : LayerImpl(std::move(options.name), options.trainable),
        scale_(std::move(scale)),
        offset_(std::move(options.offset)) {
    require_finite({"Rescaling", this->name()}, "scale", scale_);
    require_finite({"Rescaling", this->name()}, "offset", offset_);
  }

  std::string_view class_name() const noexcept override { return "Rescaling"; }
  Config config() const override {
    return Config::object({{"scale", scale_.config()}, {"offset", offset_.config()}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    std::vector<float> scale = for_each_feature(context, "scale", scale_);
    std::vector<float> offset = for_each_feature(context, "offset", offset_);
    return std::make_unique<RescalingOp>(Declaration{.output = context.input()}, std::move(scale),
                                         std::move(offset));
  }

 private:
  static std::vector<float> for_each_feature(const BuildContext& context, std::string_view argument,
                                             const FloatOrList& numbers) {
    const std::int64_t features = context.input().rank() == 0 ? 1 : context.input().back();
    const auto& values = numbers.values();
    if (values.size() == 1) {
      return std::vector<float>(static_cast<std::size_t>(features), values.front());
    }
    if (static_cast<std::int64_t>(values.size()) != features) {
      context.wrong_input(fmt::format("{} features, one for each {}", values.size(), argument));
    }
    return values;
  }

  FloatOrList scale_, offset_;
};

}  // namespace

Rescaling::Rescaling(FloatOrList scale, RescalingOptions options)
    : Layer(std::make_shared<RescalingImpl>(std::move(scale), std::move(options))) {}

Layer Rescaling::from_config(const Config& config) {
  LayerReader reader(config, "Rescaling");
  FloatOrList scale = reader.real_or_list("scale");
  RescalingOptions options{.offset = reader.real_or_list("offset", 0.0F),
                           .name = reader.name(),
                           .trainable = reader.trainable()};
  reader.finish();
  return Rescaling(std::move(scale), std::move(options));
}

}  // namespace minnow
