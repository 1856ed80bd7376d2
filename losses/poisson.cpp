#include "losses/poisson.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class PoissonImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "Poisson"; }
  Config config() const override { return loss_config("poisson"); }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::poisson(workers, batch);
  }
};

}  // namespace

Poisson::Poisson() : Loss(std::make_shared<PoissonImpl>()) {}

Loss Poisson::from_config(const Config& config) {
  ConfigReader reader(config, "Poisson");
  read_loss(reader);
  reader.finish();
  return Poisson();
}

}  // namespace minnow
