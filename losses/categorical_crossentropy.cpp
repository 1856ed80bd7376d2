#include "losses/categorical_crossentropy.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class CategoricalCrossentropyImpl : public Crossentropy {
 public:
  explicit CategoricalCrossentropyImpl(const CategoricalCrossentropyOptions& options)
      : Crossentropy(options.from_logits, ActivationKind::softmax),
        smoothing_(options.label_smoothing) {
    check_label_smoothing("CategoricalCrossentropy", options.label_smoothing);
  }

  std::string_view class_name() const noexcept override { return "CategoricalCrossentropy"; }
  Config config() const override {
    return crossentropy_config("categorical_crossentropy", from_logits(), smoothing_);
  }
  TargetRule target_rule() const noexcept override {
    return {.kind = TargetKind::numbers, .one_hot = true};
  }

  double compute(const Workers& workers, const kernels::LossBatch& batch,
                 bool on_logits) const override {
    kernels::LossBatch smoothed = batch;
    smoothed.target_factor = 1 - static_cast<double>(smoothing_);
    smoothed.target_offset = static_cast<double>(smoothing_) / static_cast<double>(batch.cols);
    return works_on_logits(on_logits) ? kernels::softmax_crossentropy(workers, smoothed)
                                      : kernels::dense_crossentropy(workers, smoothed);
  }

 private:
  float smoothing_;
};

}  // namespace

CategoricalCrossentropy::CategoricalCrossentropy(CategoricalCrossentropyOptions options)
    : Loss(std::make_shared<CategoricalCrossentropyImpl>(options)) {}

Loss CategoricalCrossentropy::from_config(const Config& config) {
  ConfigReader reader(config, "CategoricalCrossentropy");
  return CategoricalCrossentropy(read_crossentropy<CategoricalCrossentropyOptions>(reader));
}

}  // namespace minnow
