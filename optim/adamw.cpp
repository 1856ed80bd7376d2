#include "optim/adamw.h"

#include <memory>

#include "core/error.h"
#include "optim/adam_impl.h"

namespace minnow {

AdamW::AdamW(AdamWOptions options)
    : Optimizer(std::make_shared<AdamImpl>(
          "AdamW", "adam_w", options.learning_rate,
          AdamNumbers{options.beta_1, options.beta_2, options.epsilon, options.amsgrad},
          before_update_of(options))) {
  if (!options.weight_decay) {
    throw InvalidArgument({"AdamW", "weight_decay", "a finite number of at least 0", "none",
                           "Without weight decay it is Adam."});
  }
}

Optimizer AdamW::from_config(const Config& config) {
  ConfigReader reader(config, "AdamW");
  return AdamW(read_adam<AdamWOptions>(reader));
}

}  // namespace minnow
