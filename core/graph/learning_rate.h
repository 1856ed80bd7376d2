#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "../config.h"
#include "handle.h"

namespace minnow {

/// A learning rate that follows the steps taken: what a schedule is to the engine.
class ScheduleImpl {
 public:
  virtual ~ScheduleImpl() = default;

  /// Keras's class name ("CosineDecay") and settings.
  virtual std::string_view class_name() const noexcept = 0;
  virtual Config config() const = 0;
  /// The rate of the step behind that many steps: the first step's is at(0). Worked out in float32,
  /// as Keras does.
  virtual float at(std::int64_t step) const noexcept = 0;
};

/// A schedule as users hold it: `CosineDecay(1e-3F, 1000)`.
class LearningRateSchedule : public Handle<ScheduleImpl> {
 public:
  using Handle::Handle;
};

/// What an optimizer takes as its learning rate: a number, or a schedule.
class LearningRate {
 public:
  LearningRate(float rate) : rate_(rate) {}
  LearningRate(LearningRateSchedule schedule) : schedule_(std::move(schedule)) {}

  bool is_schedule() const noexcept { return schedule_.has_value(); }
  /// Null for a number.
  const LearningRateSchedule* schedule() const noexcept {
    return schedule_ ? &*schedule_ : nullptr;
  }
  /// The rate behind that many steps.
  float at(std::int64_t step) const noexcept { return schedule_ ? (*schedule_)->at(step) : rate_; }

 private:
  float rate_ = 0;
  std::optional<LearningRateSchedule> schedule_;
};

}  // namespace minnow
