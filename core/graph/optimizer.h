#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "../config.h"
#include "handle.h"
#include "learning_rate.h"

namespace minnow {

/// The numbers an optimizer works out once for a step (rates with bias corrections in them), for
/// its own use in update().
struct StepNumbers {
  std::array<float, 8> values{};
};

/// Some weights in a row, their gradients and their state. A range may be any part of a tensor:
/// optimizers treat every weight alike.
struct WeightRange {
  std::int64_t n = 0;
  const float* gradient = nullptr;
  float* weight = nullptr;
  std::array<float*, 4> slots{};  ///< in the order of slots()
};

/// What may happen before an optimizer's own arithmetic, whichever it is: first gradients are
/// clipped in one of three ways, then all trained weights decay, w -= w weight_decay rate.
struct BeforeUpdate {
  std::optional<float> weight_decay = std::nullopt;
  std::optional<float> clipnorm = std::nullopt;         ///< most norm of each weight's gradient
  std::optional<float> clipvalue = std::nullopt;        ///< most size of each number
  std::optional<float> global_clipnorm = std::nullopt;  ///< most norm of all gradients together
};

/// What an optimizer is to the engine: the arithmetic of one step. State (slots, step count)
/// belongs to the model, one count for all weights.
class OptimizerImpl {
 public:
  virtual ~OptimizerImpl() = default;

  /// Keras's class name ("Adam") and settings.
  virtual std::string_view class_name() const noexcept = 0;
  virtual Config config() const = 0;
  virtual const LearningRate& learning_rate() const noexcept = 0;
  virtual const BeforeUpdate& before_update() const noexcept = 0;
  /// Names of the state it keeps beside each weight ("momentum", "velocity").
  virtual std::span<const std::string_view> slots() const noexcept = 0;
  /// What a slot holds before the first step.
  virtual float first_value(std::size_t /*slot*/) const noexcept { return 0; }

  /// Once for every step; `step` counts from 1.
  virtual StepNumbers begin_step(std::int64_t step, float learning_rate) const noexcept = 0;
  virtual void update(const StepNumbers& numbers, const WeightRange& range) const noexcept = 0;
};

/// An optimizer as users hold it: an object (`Adam({.learning_rate = 1e-3f})`) or Keras's string.
class Optimizer : public Handle<OptimizerImpl> {
 public:
  using Handle::Handle;
  /// Throws InvalidArgument for an unknown name, with the nearest known one.
  Optimizer(std::string_view name);
  Optimizer(const char* name) : Optimizer(std::string_view(name)) {}
  Optimizer(const std::string& name) : Optimizer(std::string_view(name)) {}
};

}  // namespace minnow
