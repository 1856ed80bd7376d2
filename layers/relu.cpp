#include "layers/relu.h"

#include <memory>
#include <utility>

#include "layers/activation_settings.h"
#include "layers/settings.h"

namespace minnow {
namespace {

class ReLUImpl : public LayerImpl {
 public:
  ReLUImpl(const ActivationFn& fn, std::string name, bool trainable)
      : LayerImpl(std::move(name), trainable), fn_(fn) {}

  std::string_view class_name() const noexcept override { return "ReLU"; }
  Config config() const override { return relu_config(fn_); }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    return std::make_unique<LayerOp>(
        Declaration{.output = context.input(), .activation = fn_, .view = true});
  }

 private:
  ActivationFn fn_;
};

}  // namespace

ReLU::ReLU(ReLUOptions options)
    : Layer(std::make_shared<ReLUImpl>(relu_fn({"ReLU", options.name}, options.max_value,
                                               options.negative_slope, options.threshold),
                                       options.name, options.trainable)) {}

Layer ReLU::from_config(const Config& config) {
  LayerReader reader(config, "ReLU");
  const ActivationFn fn = relu_from(reader);
  reader.finish();
  return Layer(std::make_shared<ReLUImpl>(fn, reader.name(), reader.trainable()));
}

}  // namespace minnow
