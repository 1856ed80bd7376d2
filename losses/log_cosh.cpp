#include "losses/log_cosh.h"

#include <memory>

#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class LogCoshImpl : public LossImpl {
 public:
  std::string_view class_name() const noexcept override { return "LogCosh"; }
  Config config() const override { return loss_config("log_cosh"); }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::log_cosh(workers, batch);
  }
};

}  // namespace

LogCosh::LogCosh() : Loss(std::make_shared<LogCoshImpl>()) {}

Loss LogCosh::from_config(const Config& config) {
  ConfigReader reader(config, "LogCosh");
  read_loss(reader);
  reader.finish();
  return LogCosh();
}

}  // namespace minnow
