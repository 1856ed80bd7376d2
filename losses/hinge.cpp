#include "losses/hinge.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class HingeImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "Hinge"; }
  Config config() const override { return loss_config("hinge"); }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::hinge(workers, batch);
  }
};

}  // namespace

Hinge::Hinge() : Loss(std::make_shared<HingeImpl>()) {}

Loss Hinge::from_config(const Config& config) {
  ConfigReader reader(config, "Hinge");
  read_loss(reader);
  reader.finish();
  return Hinge();
}

}  // namespace minnow
