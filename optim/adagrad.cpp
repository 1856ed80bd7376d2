#include "optim/adagrad.h"

#include <array>
#include <memory>

#include "core/kernels/updates.h"
#include "optim/settings.h"

namespace minnow {
namespace {

constexpr std::array<std::string_view, 1> adagrad_slots = {"accumulator"};

class AdagradImpl : public BaseOptimizer {
 public:
  explicit AdagradImpl(const AdagradOptions& options)
      : BaseOptimizer("Adagrad", options.learning_rate, before_update_of(options)),
        first_(options.initial_accumulator_value),
        epsilon_(options.epsilon) {
    require_not_negative("Adagrad", "initial_accumulator_value", first_);
    require_positive("Adagrad", "epsilon", epsilon_);
  }

  Config config() const override {
    Config config = base_config("adagrad");
    config.set("initial_accumulator_value", first_);
    config.set("epsilon", epsilon_);
    return config;
  }
  std::span<const std::string_view> slots() const noexcept override { return adagrad_slots; }
  float first_value(std::size_t) const noexcept override { return first_; }

  StepNumbers begin_step(std::int64_t, float learning_rate) const noexcept override {
    return {{learning_rate}};
  }

  void update(const StepNumbers& numbers, const WeightRange& range) const noexcept override {
    kernels::adagrad_update(range.n, numbers.values[0], epsilon_, range.gradient, range.weight,
                            range.slots[0]);
  }

 private:
  float first_, epsilon_;
};

}  // namespace

Adagrad::Adagrad(AdagradOptions options) : Optimizer(std::make_shared<AdagradImpl>(options)) {}

Optimizer Adagrad::from_config(const Config& config) {
  ConfigReader reader(config, "Adagrad");
  AdagradOptions options;
  read_base(reader, options);
  options.initial_accumulator_value = static_cast<float>(
      reader.number("initial_accumulator_value", options.initial_accumulator_value));
  options.epsilon = static_cast<float>(reader.number("epsilon", options.epsilon));
  reader.finish();
  return Adagrad(options);
}

}  // namespace minnow
