#include "losses/settings.h"

namespace minnow {

Config loss_config(std::string_view name) {
  return Config::object({{"name", name}, {"reduction", "sum_over_batch_size"}});
}

Config crossentropy_config(std::string_view name, bool from_logits) {
  Config config = loss_config(name);
  config.set("from_logits", from_logits);
  config.set("label_smoothing", 0.0);
  config.set("axis", -1);
  return config;
}

void read_loss(ConfigReader& reader) {
  reader.ignore("name");
  reader.require("reduction", "sum_over_batch_size");
  reader.require_float32();
}

bool read_crossentropy(ConfigReader& reader) {
  read_loss(reader);
  reader.require("label_smoothing", 0);
  reader.require("axis", -1);
  return reader.boolean("from_logits", false);
}

}  // namespace minnow
