#include "optim/sgd.h"

#include <array>
#include <memory>

#include "core/kernels/updates.h"
#include "optim/settings.h"

namespace minnow {
namespace {

constexpr std::array<std::string_view, 1> sgd_slots = {"momentum"};

class SGDImpl : public OptimizerImpl {
 public:
  explicit SGDImpl(const SGDOptions& options) : options_(options) {
    require_positive("SGD", "learning_rate", options.learning_rate);
    require_fraction("SGD", "momentum", options.momentum);
  }

  std::string_view class_name() const noexcept override { return "SGD"; }
  Config config() const override {
    Config config = optimizer_config("SGD", options_.learning_rate);
    config.set("momentum", options_.momentum);
    config.set("nesterov", options_.nesterov);
    return config;
  }
  float learning_rate() const noexcept override { return options_.learning_rate; }
  std::span<const std::string_view> slots() const noexcept override {
    return std::span(sgd_slots).first(has_momentum() ? 1 : 0);
  }

  StepNumbers begin_step(std::int64_t, float learning_rate) const noexcept override {
    return {{learning_rate}};
  }

  void update(const StepNumbers& numbers, const WeightRange& range) const noexcept override {
    const float rate = numbers.values[0];
    if (has_momentum()) {
      kernels::momentum_update(range.n, rate, options_.momentum, options_.nesterov, range.gradient,
                               range.weight, range.slots[0]);
    } else {
      kernels::sgd_update(range.n, rate, range.gradient, range.weight);
    }
  }

 private:
  bool has_momentum() const noexcept { return options_.momentum > 0; }

  SGDOptions options_;
};

}  // namespace

SGD::SGD(SGDOptions options) : Optimizer(std::make_shared<SGDImpl>(options)) {}

Optimizer SGD::from_config(const Config& config) {
  ConfigReader reader(config, "SGD");
  SGDOptions options;
  options.learning_rate = read_optimizer(reader, options.learning_rate);
  options.momentum = static_cast<float>(reader.number("momentum", options.momentum));
  options.nesterov = reader.boolean("nesterov", options.nesterov);
  reader.finish();
  return SGD(options);
}

}  // namespace minnow
