#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>

#include "callback.h"

namespace minnow {

/// Shows how fit gets on, in the manner of Keras: a bar that is redrawn, or a line at the end of
/// each epoch. Warnings are shown as lines of their own.
class ProgressBar : public Callback {
 public:
  /// verbose 1: a bar; 2: a line for each epoch. Without a stream: standard error.
  explicit ProgressBar(int verbose = 1);
  ProgressBar(int verbose, std::ostream& out);

  void on_epoch_begin(FitContext& context, std::int64_t epoch) override;
  void on_batch_end(FitContext& context, std::int64_t batch, const Logs& logs) override;
  void on_epoch_end(FitContext& context, std::int64_t epoch, const Logs& logs) override;
  void on_warning(std::string_view text) override;
  bool wants_batch_logs() const override { return verbose_ == 1; }

 private:
  using Clock = std::chrono::steady_clock;
  void draw(const FitContext& context, std::int64_t done, const Logs& logs, bool finished);

  int verbose_;
  std::ostream* out_;
  Clock::time_point started_{}, drawn_{};
  std::int64_t first_ = -1;  // batches that were done before this run of the epoch
  std::size_t width_ = 0;    // of the line on the screen
};

}  // namespace minnow
