#pragma once

#include <string_view>

#include "../core/config.h"
#include "../core/graph/loss.h"

// What the losses share: their settings as Keras's get_config writes them.
namespace minnow {

/// The settings every loss has: name and reduction.
Config loss_config(std::string_view name);
/// And the ones of the losses that know logits: from_logits, label_smoothing, axis.
Config crossentropy_config(std::string_view name, bool from_logits, float label_smoothing);

/// Settles what every loss's config holds: Keras's defaults are the only values.
void read_loss(ConfigReader& reader);
/// The same for the losses that know logits, which also have options.
template <class Options>
Options read_crossentropy(ConfigReader& reader) {
  read_loss(reader);
  reader.require("axis", -1);
  Options options;
  options.from_logits = reader.boolean("from_logits", options.from_logits);
  options.label_smoothing =
      static_cast<float>(reader.number("label_smoothing", options.label_smoothing));
  reader.finish();
  return options;
}

/// Throws InvalidArgument unless the value lies in [0, 1].
void check_label_smoothing(std::string_view loss, float value);

/// A cross-entropy: on probabilities, or on the input of the activation they come from, as a user
/// declares (from_logits) or the engine arranges.
class Crossentropy : public LossImpl {
 public:
  Crossentropy(bool from_logits, ActivationKind activation)
      : from_logits_(from_logits), activation_(activation) {}

  bool from_logits() const noexcept override { return from_logits_; }
  /// Declared logits are the output as it is: nothing to take over.
  ActivationKind merges_with() const noexcept override {
    return from_logits_ ? ActivationKind::linear : activation_;
  }

 protected:
  bool works_on_logits(bool on_logits) const noexcept { return on_logits || from_logits_; }

 private:
  bool from_logits_;
  ActivationKind activation_;
};

}  // namespace minnow
