#pragma once

#include <string>
#include <string_view>

#include "../config.h"
#include "../kernels/losses.h"
#include "../parallel.h"
#include "activation_arg.h"
#include "handle.h"
#include "target.h"

namespace minnow {

/// What a loss is to the engine: a function of a batch of predictions and targets, without state.
class LossImpl {
 public:
  virtual ~LossImpl() = default;

  /// Keras's class name ("MeanSquaredError") and settings.
  virtual std::string_view class_name() const noexcept = 0;
  virtual Config config() const = 0;
  virtual TargetRule target_rule() const noexcept = 0;

  /// Whether the user declared the outputs to be logits; wrong on a softmax or sigmoid output.
  virtual bool from_logits() const noexcept { return false; }
  /// The output activation this loss can take over, so as to be computed from its input
  /// (softmax for the categorical, sigmoid for the binary cross-entropies; linear for none).
  virtual ActivationKind merges_with() const noexcept { return ActivationKind::linear; }

  /// The sum of weight * value over the batch's rows; writes delta and probabilities as LossBatch
  /// says. `on_logits`: the prediction is the input of merges_with().
  virtual double compute(const Workers& workers, const kernels::LossBatch& batch,
                         bool on_logits) const = 0;
};

/// A loss as users hold it: an object (`SparseCategoricalCrossentropy({...})`) or Keras's string.
class Loss : public Handle<LossImpl> {
 public:
  using Handle::Handle;
  /// Throws InvalidArgument for an unknown name, with the nearest known one.
  Loss(std::string_view name);
  Loss(const char* name) : Loss(std::string_view(name)) {}
  Loss(const std::string& name) : Loss(std::string_view(name)) {}

  /// The string it was made of, which files keep as the user wrote it; empty for an object.
  const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace minnow
