#include "losses/mean_squared_error.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class MeanSquaredErrorImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "MeanSquaredError"; }
  Config config() const override { return loss_config("mean_squared_error"); }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::mean_squared_error(workers, batch);
  }
};

}  // namespace

MeanSquaredError::MeanSquaredError() : Loss(std::make_shared<MeanSquaredErrorImpl>()) {}

Loss MeanSquaredError::from_config(const Config& config) {
  ConfigReader reader(config, "MeanSquaredError");
  read_loss(reader);
  reader.finish();
  return MeanSquaredError();
}

}  // namespace minnow
