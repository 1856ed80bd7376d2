#include "layers/elu.h"

#include <memory>
#include <utility>

#include "layers/settings.h"

namespace minnow {
namespace {

class ELUImpl : public LayerImpl {
 public:
  explicit ELUImpl(ELUOptions options)
      : LayerImpl(std::move(options.name), options.trainable), alpha_(options.alpha) {
    require_finite({"ELU", this->name()}, "alpha", alpha_);
  }

  std::string_view class_name() const noexcept override { return "ELU"; }
  Config config() const override { return Config::object({{"alpha", alpha_}}); }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    return std::make_unique<LayerOp>(
        Declaration{.output = context.input(),
                    .activation = {.kind = ActivationKind::elu, .slope = alpha_},
                    .view = true});
  }

 private:
  float alpha_;
};

}  // namespace

ELU::ELU(ELUOptions options) : Layer(std::make_shared<ELUImpl>(std::move(options))) {}

Layer ELU::from_config(const Config& config) {
  LayerReader reader(config, "ELU");
  const ELUOptions options{
      .alpha = reader.real("alpha", 1.0F), .name = reader.name(), .trainable = reader.trainable()};
  reader.finish();
  return ELU(options);
}

}  // namespace minnow
