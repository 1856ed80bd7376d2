#include "losses/binary_crossentropy.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class BinaryCrossentropyImpl : public Crossentropy {
 public:
  explicit BinaryCrossentropyImpl(const BinaryCrossentropyOptions& options)
      : Crossentropy(options.from_logits, ActivationKind::sigmoid),
        smoothing_(options.label_smoothing) {
    check_label_smoothing("BinaryCrossentropy", options.label_smoothing);
  }

  std::string_view class_name() const noexcept override { return "BinaryCrossentropy"; }
  Config config() const override {
    return crossentropy_config("binary_crossentropy", from_logits(), smoothing_);
  }
  TargetRule target_rule() const noexcept override {
    return {.kind = TargetKind::numbers, .unit_interval = true};
  }

  double compute(const Workers& workers, const kernels::LossBatch& batch,
                 bool on_logits) const override {
    kernels::LossBatch smoothed = batch;
    smoothed.target_factor = 1 - static_cast<double>(smoothing_);
    smoothed.target_offset = 0.5 * static_cast<double>(smoothing_);
    return works_on_logits(on_logits) ? kernels::sigmoid_crossentropy(workers, smoothed)
                                      : kernels::binary_crossentropy(workers, smoothed);
  }

 private:
  float smoothing_;
};

}  // namespace

BinaryCrossentropy::BinaryCrossentropy(BinaryCrossentropyOptions options)
    : Loss(std::make_shared<BinaryCrossentropyImpl>(options)) {}

Loss BinaryCrossentropy::from_config(const Config& config) {
  ConfigReader reader(config, "BinaryCrossentropy");
  return BinaryCrossentropy(read_crossentropy<BinaryCrossentropyOptions>(reader));
}

}  // namespace minnow
