#include "optim/adam.h"

#include <memory>

#include "optim/adam_impl.h"

namespace minnow {

Adam::Adam(AdamOptions options)
    : Optimizer(std::make_shared<AdamImpl>(
          "Adam", "adam", options.learning_rate,
          AdamNumbers{options.beta_1, options.beta_2, options.epsilon, options.amsgrad},
          before_update_of(options))) {}

Optimizer Adam::from_config(const Config& config) {
  ConfigReader reader(config, "Adam");
  return Adam(read_adam<AdamOptions>(reader));
}

}  // namespace minnow
