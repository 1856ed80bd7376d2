#include "losses/huber.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "core/error.h"
#include "core/kernels/losses.h"
#include "losses/settings.h"

namespace minnow {
namespace {

class HuberImpl : public LossImpl {
 public:
  explicit HuberImpl(float delta) : delta_(delta) {
    if (std::isfinite(delta) && delta > 0) return;
    throw InvalidArgument(
        {"Huber", "delta", "a finite number above 0", fmt::format("{}", delta), ""});
  }

  std::string_view class_name() const noexcept override { return "Huber"; }
  Config config() const override {
    Config config = loss_config("huber_loss");
    if (delta_ != 1) config.set("delta", delta_);  // Keras reads it, but never writes it
    return config;
  }
  TargetRule target_rule() const noexcept override { return {.kind = TargetKind::numbers}; }

  double compute(const Workers& workers, const kernels::LossBatch& batch, bool) const override {
    return kernels::huber(workers, batch, delta_);
  }

 private:
  float delta_;
};

}  // namespace

Huber::Huber(HuberOptions options) : Loss(std::make_shared<HuberImpl>(options.delta)) {}

Loss Huber::from_config(const Config& config) {
  ConfigReader reader(config, "Huber");
  read_loss(reader);
  const HuberOptions options{.delta = static_cast<float>(reader.number("delta", 1))};
  reader.finish();
  return Huber(options);
}

}  // namespace minnow
