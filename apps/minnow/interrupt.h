#pragma once

#include <csignal>

#include "core/train/callback.h"

namespace minnow::apps {

/// While it lives, the first SIGINT or SIGTERM is remembered and training ends after the running
/// batch; the second one ends the program at once. A callback of fit; one at a time.
class StopOnSignal : public Callback {
 public:
  StopOnSignal();
  ~StopOnSignal() override;
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  /// Whether a signal has come.
  bool requested() const noexcept;

  void on_train_begin(FitContext& context) override;
  void on_batch_end(FitContext& context, std::int64_t batch, const Logs& logs) override;
  void on_epoch_end(FitContext& context, std::int64_t epoch, const Logs& logs) override;
  bool wants_batch_logs() const override { return false; }

 private:
  struct sigaction old_interrupt_ {
  }, old_terminate_{};
};

}  // namespace minnow::apps
