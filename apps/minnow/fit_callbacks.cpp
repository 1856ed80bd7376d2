#include "apps/minnow/fit_callbacks.h"

#include <iostream>
#include <utility>

#include "apps/minnow/csv_log.h"
#include "apps/minnow/output_file.h"
#include "apps/minnow/plot.h"
#include "core/error.h"
#include "core/train/model.h"

namespace minnow::apps {

void warn(std::string_view text) { std::cerr << "minnow: warning: " << text << '\n'; }

void Warnings::on_warning(std::string_view text) { warn(text); }

HistoryFiles::HistoryFiles(std::string csv, std::string plot)
    : csv_(std::move(csv)), plot_(std::move(plot)) {}

void HistoryFiles::write(const History& history) const {
  if (!csv_.empty()) write_text(csv_, csv_of(history));
  if (!plot_.empty()) write_text(plot_, plot_of(history));
}

void HistoryFiles::on_epoch_end(FitContext& context, std::int64_t, const Logs&) {
  try {
    write(context.model().progress().history);
  } catch (const IoError&) {
    return;
  }
}

}  // namespace minnow::apps
