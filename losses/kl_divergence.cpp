#include "losses/kl_divergence.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class KLDivergenceImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "KLDivergence"; }
  Config config() const override { return loss_config("kl_divergence"); }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::kl_divergence(workers, batch);
  }
};

}  // namespace

KLDivergence::KLDivergence() : Loss(std::make_shared<KLDivergenceImpl>()) {}

Loss KLDivergence::from_config(const Config& config) {
  ConfigReader reader(config, "KLDivergence");
  read_loss(reader);
  reader.finish();
  return KLDivergence();
}

}  // namespace minnow
