#include "optim/sgd.h"

#include <array>
#include <memory>

#include "core/kernels/updates.h"
#include "optim/settings.h"

namespace minnow {
namespace {

constexpr std::array<std::string_view, 1> sgd_slots = {"momentum"};

class SGDImpl : public BaseOptimizer {
 public:
  explicit SGDImpl(const SGDOptions& options)
      : BaseOptimizer("SGD", options.learning_rate, before_update_of(options)),
        momentum_(options.momentum),
        nesterov_(options.nesterov) {
    require_fraction("SGD", "momentum", momentum_);
  }

  Config config() const override {
    Config config = base_config("SGD");
    config.set("momentum", momentum_);
    config.set("nesterov", nesterov_);
    return config;
  }
  std::span<const std::string_view> slots() const noexcept override {
    return std::span(sgd_slots).first(momentum_ > 0 ? 1 : 0);
  }

  StepNumbers begin_step(std::int64_t, float learning_rate) const noexcept override {
    return {{learning_rate}};
  }

  void update(const StepNumbers& numbers, const WeightRange& range) const noexcept override {
    const float rate = numbers.values[0];
    if (momentum_ > 0) {
      kernels::momentum_update(range.n, rate, momentum_, nesterov_, range.gradient, range.weight,
                               range.slots[0]);
    } else {
      kernels::sgd_update(range.n, rate, range.gradient, range.weight);
    }
  }

 private:
  float momentum_;
  bool nesterov_;
};

}  // namespace

SGD::SGD(SGDOptions options) : Optimizer(std::make_shared<SGDImpl>(options)) {}

Optimizer SGD::from_config(const Config& config) {
  ConfigReader reader(config, "SGD");
  SGDOptions options;
  read_base(reader, options);
  options.momentum = static_cast<float>(reader.number("momentum", options.momentum));
  options.nesterov = reader.boolean("nesterov", options.nesterov);
  reader.finish();
  return SGD(options);
}

}  // namespace minnow
