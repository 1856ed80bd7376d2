#include "optim/rmsprop.h"

#include <memory>
#include <vector>

#include "core/kernels/updates.h"
#include "optim/settings.h"

namespace minnow {
namespace {

class RMSpropImpl : public BaseOptimizer {
 public:
  explicit RMSpropImpl(const RMSpropOptions& options)
      : BaseOptimizer("RMSprop", options.learning_rate, before_update_of(options)),
        options_(options),
        one_minus_rho_(static_cast<float>(1 - decimal(options.rho))) {
    require_fraction("RMSprop", "rho", options.rho);
    require_fraction("RMSprop", "momentum", options.momentum);
    require_positive("RMSprop", "epsilon", options.epsilon);
    if (options.momentum > 0) slots_.push_back("momentum");
    if (options.centered) slots_.push_back("average_gradient");
  }

  Config config() const override {
    Config config = base_config("rm_sprop");
    config.set("rho", options_.rho);
    config.set("momentum", options_.momentum);
    config.set("epsilon", options_.epsilon);
    config.set("centered", options_.centered);
    return config;
  }
  std::span<const std::string_view> slots() const noexcept override { return slots_; }

  StepNumbers begin_step(std::int64_t, float learning_rate) const noexcept override {
    return {{learning_rate}};
  }

  void update(const StepNumbers& numbers, const WeightRange& range) const noexcept override {
    const bool has_momentum = options_.momentum > 0;
    kernels::rmsprop_update(range.n,
                            {.rate = numbers.values[0],
                             .rho = options_.rho,
                             .one_minus_rho = one_minus_rho_,
                             .momentum = options_.momentum,
                             .epsilon = options_.epsilon},
                            range.gradient, range.weight, range.slots[0],
                            has_momentum ? range.slots[1] : nullptr,
                            options_.centered ? range.slots[has_momentum ? 2 : 1] : nullptr);
  }

 private:
  RMSpropOptions options_;
  float one_minus_rho_;
  std::vector<std::string_view> slots_ = {"velocity"};
};

}  // namespace

RMSprop::RMSprop(RMSpropOptions options) : Optimizer(std::make_shared<RMSpropImpl>(options)) {}

Optimizer RMSprop::from_config(const Config& config) {
  ConfigReader reader(config, "RMSprop");
  RMSpropOptions options;
  const auto number = [&](std::string_view key, float fallback) {
    return static_cast<float>(reader.number(key, fallback));
  };
  read_base(reader, options);
  options.rho = number("rho", options.rho);
  options.momentum = number("momentum", options.momentum);
  options.epsilon = number("epsilon", options.epsilon);
  options.centered = reader.boolean("centered", options.centered);
  reader.finish();
  return RMSprop(options);
}

}  // namespace minnow
