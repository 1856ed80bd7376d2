#include "layers/activation.h"

#include <memory>
#include <utility>

#include "layers/activation_settings.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class ActivationImpl : public LayerImpl {
 public:
  ActivationImpl(const ActivationFn& fn, ActivationOptions options)
      : LayerImpl(std::move(options.name), options.trainable), fn_(fn) {}

  std::string_view class_name() const noexcept override { return "Activation"; }
  Config config() const override {
    return Config::object({{"activation", activation_config(fn_)}});
  }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    const Shape& input = context.input();
    if (works_along_rows(fn_.kind) && input.rank() == 0) {
      context.wrong_input("at least rank 2 (N, ..., classes)");
    }
    return std::make_unique<LayerOp>(Declaration{.output = input, .activation = fn_, .view = true});
  }

 private:
  ActivationFn fn_;
};

}  // namespace

Activation::Activation(ActivationArg activation, ActivationOptions options)
    : Layer(std::make_shared<ActivationImpl>(activation.fn(), std::move(options))) {}

Layer Activation::from_config(const Config& config) {
  LayerReader reader(config, "Activation");
  const ActivationFn fn = activation_from(reader, "activation");
  reader.finish();
  return Activation(fn, {.name = reader.name(), .trainable = reader.trainable()});
}

}  // namespace minnow
