#include "losses/categorical_crossentropy.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class CategoricalCrossentropyImpl : public Crossentropy {
 public:
  explicit CategoricalCrossentropyImpl(bool from_logits)
      : Crossentropy(from_logits, ActivationKind::softmax) {}

  std::string_view class_name() const noexcept override { return "CategoricalCrossentropy"; }
  Config config() const override {
    return crossentropy_config("categorical_crossentropy", from_logits());
  }
  TargetRule target_rule() const noexcept override {
    return {.kind = TargetKind::numbers, .one_hot = true};
  }

  double compute(const Workers& workers, const kernels::LossBatch& batch,
                 bool on_logits) const override {
    return works_on_logits(on_logits) ? kernels::softmax_crossentropy(workers, batch)
                                      : kernels::dense_crossentropy(workers, batch);
  }
};

}  // namespace

CategoricalCrossentropy::CategoricalCrossentropy(CategoricalCrossentropyOptions options)
    : Loss(std::make_shared<CategoricalCrossentropyImpl>(options.from_logits)) {}

Loss CategoricalCrossentropy::from_config(const Config& config) {
  ConfigReader reader(config, "CategoricalCrossentropy");
  const bool from_logits = read_crossentropy(reader);
  reader.finish();
  return CategoricalCrossentropy({.from_logits = from_logits});
}

}  // namespace minnow
