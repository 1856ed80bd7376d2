#include "layers/gaussian_noise.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/kernels/elementwise.h"
#include "layers/noise.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class GaussianNoiseOp : public LayerOp {
 public:
  GaussianNoiseOp(Declaration declaration, float stddev, std::optional<std::int64_t> seed)
      : LayerOp(std::move(declaration)), stddev_(stddev), seed_(seed) {}

  void forward(const ForwardRun& run) const override {
    kernels::gaussian_noise(run.workers, run.rows * declaration().output.numel(), stddev_,
                            seeded(run.noise, seed_), run.inputs[0], run.output);
  }

  // dx = dy
  void backward(const BackwardRun& run) const override {
    if (run.d_inputs[0] == nullptr) return;
    std::copy_n(run.d_output, run.rows * declaration().output.numel(), run.d_inputs[0]);
  }

 private:
  float stddev_;
  std::optional<std::int64_t> seed_;
};

class GaussianNoiseImpl : public LayerImpl {
 public:
  GaussianNoiseImpl(float stddev, GaussianNoiseOptions options)
      : LayerImpl(std::move(options.name), options.trainable),
        stddev_(stddev),
        seed_(options.seed) {
    if (!(stddev >= 0 && stddev <= 1)) {  // also catches NaN
      throw InvalidArgument({LayerLabel{"GaussianNoise", this->name()}.str(), "stddev",
                             "a number in [0, 1]", fmt::format("{}", stddev), ""});
    }
  }

  std::string_view class_name() const noexcept override { return "GaussianNoise"; }
  Config config() const override {
    return Config::object({{"stddev", stddev_}, {"seed", seed_ ? Config(*seed_) : Config()}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    if (stddev_ == 0) {
      return std::make_unique<LayerOp>(Declaration{.output = context.input(), .view = true});
    }
    return std::make_unique<GaussianNoiseOp>(
        Declaration{.output = context.input(), .identity_in_inference = true}, stddev_, seed_);
  }

 private:
  float stddev_;
  std::optional<std::int64_t> seed_;
};

}  // namespace

GaussianNoise::GaussianNoise(float stddev, GaussianNoiseOptions options)
    : Layer(std::make_shared<GaussianNoiseImpl>(stddev, std::move(options))) {}

Layer GaussianNoise::from_config(const Config& config) {
  LayerReader reader(config, "GaussianNoise");
  GaussianNoiseOptions options{.name = reader.name(), .trainable = reader.trainable()};
  const auto stddev = static_cast<float>(reader.number("stddev"));
  if (reader.has("seed")) options.seed = reader.integer("seed");
  reader.finish();
  return GaussianNoise(stddev, std::move(options));
}

}  // namespace minnow
