#include "losses/mean_squared_logarithmic_error.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class MeanSquaredLogarithmicErrorImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "MeanSquaredLogarithmicError"; }
  Config config() const override { return loss_config("mean_squared_logarithmic_error"); }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::mean_squared_logarithmic_error(workers, batch);
  }
};

}  // namespace

MeanSquaredLogarithmicError::MeanSquaredLogarithmicError()
    : Loss(std::make_shared<MeanSquaredLogarithmicErrorImpl>()) {}

Loss MeanSquaredLogarithmicError::from_config(const Config& config) {
  ConfigReader reader(config, "MeanSquaredLogarithmicError");
  read_loss(reader);
  reader.finish();
  return MeanSquaredLogarithmicError();
}

}  // namespace minnow
