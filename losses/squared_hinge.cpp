#include "losses/squared_hinge.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class SquaredHingeImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "SquaredHinge"; }
  Config config() const override { return loss_config("squared_hinge"); }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::squared_hinge(workers, batch);
  }
};

}  // namespace

SquaredHinge::SquaredHinge() : Loss(std::make_shared<SquaredHingeImpl>()) {}

Loss SquaredHinge::from_config(const Config& config) {
  ConfigReader reader(config, "SquaredHinge");
  read_loss(reader);
  reader.finish();
  return SquaredHinge();
}

}  // namespace minnow
