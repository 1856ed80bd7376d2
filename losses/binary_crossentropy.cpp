#include "losses/binary_crossentropy.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class BinaryCrossentropyImpl : public Crossentropy {
 public:
  explicit BinaryCrossentropyImpl(bool from_logits)
      : Crossentropy(from_logits, ActivationKind::sigmoid) {}

  std::string_view class_name() const noexcept override { return "BinaryCrossentropy"; }
  Config config() const override {
    return crossentropy_config("binary_crossentropy", from_logits());
  }
  TargetRule target_rule() const noexcept override {
    return {.kind = TargetKind::numbers, .unit_interval = true};
  }

  double compute(const Workers& workers, const kernels::LossBatch& batch,
                 bool on_logits) const override {
    return works_on_logits(on_logits) ? kernels::sigmoid_crossentropy(workers, batch)
                                      : kernels::binary_crossentropy(workers, batch);
  }
};

}  // namespace

BinaryCrossentropy::BinaryCrossentropy(BinaryCrossentropyOptions options)
    : Loss(std::make_shared<BinaryCrossentropyImpl>(options.from_logits)) {}

Loss BinaryCrossentropy::from_config(const Config& config) {
  ConfigReader reader(config, "BinaryCrossentropy");
  const bool from_logits = read_crossentropy(reader);
  reader.finish();
  return BinaryCrossentropy({.from_logits = from_logits});
}

}  // namespace minnow
