#include "losses/settings.h"

#include <fmt/format.h>

#include "core/error.h"

namespace minnow {

Config loss_config(std::string_view name) {
  return Config::object({{"name", name}, {"reduction", "sum_over_batch_size"}});
}

Config crossentropy_config(std::string_view name, bool from_logits, float label_smoothing) {
  Config config = loss_config(name);
  config.set("from_logits", from_logits);
  config.set("label_smoothing", label_smoothing);
  config.set("axis", -1);
  return config;
}

void read_loss(ConfigReader& reader) {
  reader.ignore("name");
  reader.require("reduction", "sum_over_batch_size");
  reader.require_float32();
}

void check_label_smoothing(std::string_view loss, float value) {
  if (value >= 0 && value <= 1) return;
  throw InvalidArgument(
      {loss, "label_smoothing", "a number in [0, 1]", fmt::format("{}", value), ""});
}

}  // namespace minnow
