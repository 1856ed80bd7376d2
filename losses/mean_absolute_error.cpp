#include "losses/mean_absolute_error.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow::losses {
namespace {

class MeanAbsoluteErrorImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "MeanAbsoluteError"; }
  Config config() const override { return loss_config("mean_absolute_error"); }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::mean_absolute_error(workers, batch);
  }
};

}  // namespace

MeanAbsoluteError::MeanAbsoluteError() : Loss(std::make_shared<MeanAbsoluteErrorImpl>()) {}

Loss MeanAbsoluteError::from_config(const Config& config) {
  ConfigReader reader(config, "MeanAbsoluteError");
  read_loss(reader);
  reader.finish();
  return MeanAbsoluteError();
}

}  // namespace minnow::losses
