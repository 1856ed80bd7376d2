#include "losses/sparse_categorical_crossentropy.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class SparseCategoricalCrossentropyImpl : public Crossentropy {
 public:
  explicit SparseCategoricalCrossentropyImpl(bool from_logits)
      : Crossentropy(from_logits, ActivationKind::softmax) {}

  std::string_view class_name() const noexcept override { return "SparseCategoricalCrossentropy"; }
  Config config() const override {
    Config config = loss_config("sparse_categorical_crossentropy");
    config.set("from_logits", from_logits());
    config.set("ignore_class", {});
    return config;
  }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::labels}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch,
                 bool on_logits) const override {
    return works_on_logits(on_logits) ? kernels::softmax_crossentropy(workers, batch)
                                      : kernels::sparse_crossentropy(workers, batch);
  }
};

}  // namespace

SparseCategoricalCrossentropy::SparseCategoricalCrossentropy(
    SparseCategoricalCrossentropyOptions options)
    : Loss(std::make_shared<SparseCategoricalCrossentropyImpl>(options.from_logits)) {}

Loss SparseCategoricalCrossentropy::from_config(const Config& config) {
  ConfigReader reader(config, "SparseCategoricalCrossentropy");
  read_loss(reader);
  reader.require("ignore_class", {});
  reader.require("axis", -1);
  const bool from_logits = reader.boolean("from_logits", false);
  reader.finish();
  return SparseCategoricalCrossentropy({.from_logits = from_logits});
}

}  // namespace minnow
