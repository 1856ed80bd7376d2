#include "losses/categorical_hinge.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class CategoricalHingeImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "CategoricalHinge"; }
  Config config() const override { return loss_config("categorical_hinge"); }
  TargetRule target_rule() const noexcept override {
    return {.kind = TargetKind::numbers, .one_hot = true};
  }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::categorical_hinge(workers, batch);
  }
};

}  // namespace

CategoricalHinge::CategoricalHinge() : Loss(std::make_shared<CategoricalHingeImpl>()) {}

Loss CategoricalHinge::from_config(const Config& config) {
  ConfigReader reader(config, "CategoricalHinge");
  read_loss(reader);
  reader.finish();
  return CategoricalHinge();
}

}  // namespace minnow
