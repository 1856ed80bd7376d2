#pragma once

#include <string>
#include <string_view>

#include "core/train/callback.h"
#include "core/train/progress_bar.h"

namespace minnow::apps {

/// Writes warnings to standard error, as "minnow: warning: ...", however quiet training is.
class Warnings : public Callback {
 public:
  void on_warning(std::string_view text) override;
  bool wants_batch_logs() const override { return false; }
};

void warn(std::string_view text);

/// The library's progress text, but for warnings.
class Progress : public ProgressBar {
 public:
  using ProgressBar::ProgressBar;
  void on_warning(std::string_view) override {}
};

/// Keeps History on the disk as it grows: as a table, and as a drawing. A path may be empty.
class HistoryFiles : public Callback {
 public:
  HistoryFiles(std::string csv, std::string plot);

  /// Throws IoError.
  void write(const History& history) const;

  /// Training goes on where a file cannot be written; the last write, after it, will say so.
  void on_epoch_end(FitContext& context, std::int64_t epoch, const Logs& logs) override;
  bool wants_batch_logs() const override { return false; }

 private:
  std::string csv_, plot_;
};

}  // namespace minnow::apps
