#include "layers/leaky_relu.h"

#include <memory>
#include <utility>

#include "layers/settings.h"

namespace minnow {
namespace {

class LeakyReLUImpl : public LayerImpl {
 public:
  explicit LeakyReLUImpl(LeakyReLUOptions options)
      : LayerImpl(std::move(options.name), options.trainable), slope_(options.negative_slope) {
    require_not_negative({"LeakyReLU", this->name()}, "negative_slope", slope_);
  }

  std::string_view class_name() const noexcept override { return "LeakyReLU"; }
  Config config() const override { return Config::object({{"negative_slope", slope_}}); }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    return std::make_unique<LayerOp>(
        Declaration{.output = context.input(),
                    .activation = {.kind = ActivationKind::leaky_relu, .slope = slope_},
                    .view = true});
  }

 private:
  float slope_;
};

}  // namespace

LeakyReLU::LeakyReLU(LeakyReLUOptions options)
    : Layer(std::make_shared<LeakyReLUImpl>(std::move(options))) {}

Layer LeakyReLU::from_config(const Config& config) {
  LayerReader reader(config, "LeakyReLU");
  const LeakyReLUOptions options{.negative_slope = reader.real("negative_slope", 0.3F),
                                 .name = reader.name(),
                                 .trainable = reader.trainable()};
  reader.finish();
  return LeakyReLU(options);
}

}  // namespace minnow
