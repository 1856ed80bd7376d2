#include "losses/mean_absolute_percentage_error.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class MeanAbsolutePercentageErrorImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "MeanAbsolutePercentageError"; }
  Config config() const override { return loss_config("mean_absolute_percentage_error"); }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::mean_absolute_percentage_error(workers, batch);
  }
};

}  // namespace

MeanAbsolutePercentageError::MeanAbsolutePercentageError()
    : Loss(std::make_shared<MeanAbsolutePercentageErrorImpl>()) {}

Loss MeanAbsolutePercentageError::from_config(const Config& config) {
  ConfigReader reader(config, "MeanAbsolutePercentageError");
  read_loss(reader);
  reader.finish();
  return MeanAbsolutePercentageError();
}

}  // namespace minnow
