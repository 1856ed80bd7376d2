#include "layers/spatial_dropout2d.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/kernels/columns.h"
#include "core/kernels/elementwise.h"
#include "layers/noise.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class SpatialDropout2DOp : public LayerOp {
 public:
  SpatialDropout2DOp(Declaration declaration, float rate, std::optional<std::int64_t> seed)
      : LayerOp(std::move(declaration)), rate_(rate), seed_(seed) {}

  // y = x mask / (1 - rate), one number of the mask for each image and channel
  void forward(const ForwardRun& run) const override {
    apply(run.workers, run.rows, run.noise, run.inputs[0], run.output, run.scratch);
  }

  // dx = dy mask / (1 - rate), with the mask drawn again
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    apply(run.workers, run.rows, run.noise, run.d_output, run.d_inputs[0], run.scratch);
  }

 private:
  void apply(const Workers& workers, std::int64_t rows, const kernels::NoiseKey& noise,
             const float* from, float* to, std::byte* scratch) const {
    const Shape& image = declaration().output;
    const std::int64_t channels = image.back();
    auto* mask = reinterpret_cast<float*>(scratch);
    std::fill_n(mask, rows * channels, 1.0F);
    kernels::dropout(workers, rows * channels, rate_, seeded(noise, seed_), mask, mask);
    kernels::scale_channels(workers, rows, image.numel() / channels, channels, from, mask, to);
  }

  float rate_;
  std::optional<std::int64_t> seed_;
};

class SpatialDropout2DImpl : public LayerImpl {
 public:
  SpatialDropout2DImpl(float rate, SpatialDropout2DOptions options)
      : LayerImpl(std::move(options.name), options.trainable), rate_(rate), seed_(options.seed) {
    if (!(rate >= 0 && rate < 1)) {  // also catches NaN
      throw InvalidArgument({LayerLabel{"SpatialDropout2D", this->name()}.str(), "rate",
                             "a number in [0, 1)", fmt::format("{}", rate), ""});
    }
  }

  std::string_view class_name() const noexcept override { return "SpatialDropout2D"; }
  Config config() const override {
    return Config::object({{"rate", rate_},
                           {"seed", seed_ ? Config(*seed_) : Config()},
                           {"data_format", "channels_last"}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input(3);
    const Shape& input = context.input();
    if (rate_ == 0) {
      return std::make_unique<LayerOp>(Declaration{.output = input, .view = true});
    }
    const BufferSize mask{.per_row = input.back() * static_cast<std::int64_t>(sizeof(float))};
    return std::make_unique<SpatialDropout2DOp>(
        Declaration{.output = input, .identity_in_inference = true, .scratch = mask}, rate_, seed_);
  }

 private:
  float rate_;
  std::optional<std::int64_t> seed_;
};

}  // namespace

SpatialDropout2D::SpatialDropout2D(float rate, SpatialDropout2DOptions options)
    : Layer(std::make_shared<SpatialDropout2DImpl>(rate, std::move(options))) {}

Layer SpatialDropout2D::from_config(const Config& config) {
  LayerReader reader(config, "SpatialDropout2D");
  SpatialDropout2DOptions options{.name = reader.name(), .trainable = reader.trainable()};
  const auto rate = static_cast<float>(reader.number("rate"));
  if (reader.has("seed")) options.seed = reader.integer("seed");
  reader.require_channels_last();
  reader.finish();
  return SpatialDropout2D(rate, std::move(options));
}

}  // namespace minnow
