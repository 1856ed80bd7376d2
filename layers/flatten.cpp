#include "layers/flatten.h"

#include <memory>
#include <utility>

#include "layers/settings.h"

namespace minnow {
namespace {

class FlattenImpl : public LayerImpl {
 public:
  explicit FlattenImpl(FlattenOptions options)
      : LayerImpl(std::move(options.name), options.trainable) {}

  std::string_view class_name() const noexcept override { return "Flatten"; }
  Config config() const override { return Config::object({{"data_format", "channels_last"}}); }

  std::unique_ptr<LayerOp> build(const BuildContext& context) const override {
    context.require_one_input();
    return std::make_unique<LayerOp>(
        Declaration{.output = Shape{context.input().numel()}, .view = true});
  }
};

}  // namespace

Flatten::Flatten(FlattenOptions options)
    : Layer(std::make_shared<FlattenImpl>(std::move(options))) {}

Layer Flatten::from_config(const Config& config) {
  LayerReader reader(config, "Flatten");
  reader.require_channels_last();
  reader.finish();
  return Flatten({.name = reader.name(), .trainable = reader.trainable()});
}

}  // namespace minnow
