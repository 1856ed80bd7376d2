#include "layers/dropout.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "core/error.h"
#include "core/kernels/elementwise.h"
#include "layers/noise.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class DropoutOp : public LayerOp {
 public:
  DropoutOp(Declaration declaration, float rate, std::optional<std::int64_t> seed)
      : LayerOp(std::move(declaration)), rate_(rate), seed_(seed) {}

  // y = x mask / (1 - rate)
  void forward(const ForwardRun& run) const override {
    apply(run.workers, run.rows, run.noise, run.inputs[0], run.output);
  }

  // dx = dy mask / (1 - rate), with the mask drawn again
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    apply(run.workers, run.rows, run.noise, run.d_output, run.d_inputs[0]);
  }

 private:
  void apply(const Workers& workers, std::int64_t rows, const kernels::NoiseKey& noise,
             const float* from, float* to) const {
    kernels::dropout(workers, rows * declaration().output.numel(), rate_, seeded(noise, seed_),
                     from, to);
  }

  float rate_;
  std::optional<std::int64_t> seed_;
};

class DropoutImpl : public LayerImpl {
 public:
  DropoutImpl(float rate, DropoutOptions options)
      : LayerImpl(std::move(options.name), options.trainable), rate_(rate), seed_(options.seed) {
    if (!(rate >= 0 && rate < 1)) {  // also catches NaN
      throw InvalidArgument({LayerLabel{"Dropout", this->name()}.str(), "rate",
                             "a number in [0, 1)", fmt::format("{}", rate), ""});
    }
  }

  std::string_view class_name() const noexcept override { return "Dropout"; }
  Config config() const override {
    return Config::object(
        {{"rate", rate_}, {"seed", seed_ ? Config(*seed_) : Config()}, {"noise_shape", {}}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    if (rate_ == 0) {
      return std::make_unique<LayerOp>(Declaration{.output = context.input(), .view = true});
    }
    return std::make_unique<DropoutOp>(
        Declaration{.output = context.input(), .identity_in_inference = true}, rate_, seed_);
  }

 private:
  float rate_;
  std::optional<std::int64_t> seed_;
};

}  // namespace

Dropout::Dropout(float rate, DropoutOptions options)
    : Layer(std::make_shared<DropoutImpl>(rate, std::move(options))) {}

Layer Dropout::from_config(const Config& config) {
  LayerReader reader(config, "Dropout");
  DropoutOptions options{.name = reader.name(), .trainable = reader.trainable()};
  const float rate = reader.real("rate", 0.5F);
  if (reader.has("seed")) options.seed = reader.integer("seed");
  reader.require_none({"noise_shape"});
  reader.finish();
  return Dropout(rate, std::move(options));
}

}  // namespace minnow
