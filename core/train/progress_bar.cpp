#include "core/train/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <string>

namespace minnow {
namespace {

constexpr int bar_cells = 20;

std::string duration(double seconds) {
  if (seconds >= 3600) {
    const auto s = static_cast<std::int64_t>(seconds);
    return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  }
  if (seconds >= 60) {
    const auto s = static_cast<std::int64_t>(seconds);
    return fmt::format("{}:{:02}", s / 60, s % 60);
  }
  return fmt::format("{:.0f}s", seconds);
}

std::string each(double seconds) {
  if (seconds >= 1) return fmt::format("{:.0f}s/step", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.0f}ms/step", seconds * 1e3);
  return fmt::format("{:.0f}us/step", seconds * 1e6);
}

std::string results(const Logs& logs) {
  std::string text;
  for (const auto& [key, value] : logs) {
    const bool readable = value == 0 || (std::abs(value) >= 1e-3 && std::abs(value) < 1e6);
    text += readable ? fmt::format(" - {}: {:.4f}", key, value)
                     : fmt::format(" - {}: {:.4e}", key, value);
  }
  return text;
}

}  // namespace

ProgressBar::ProgressBar(int verbose) : ProgressBar(verbose, std::cerr) {}
ProgressBar::ProgressBar(int verbose, std::ostream& out) : verbose_(verbose), out_(&out) {}

void ProgressBar::on_epoch_begin(FitContext& context, std::int64_t epoch) {
  if (context.epochs() > 1) *out_ << fmt::format("Epoch {}/{}\n", epoch + 1, context.epochs());
  started_ = Clock::now();
  first_ = -1;
  width_ = 0;
}

void ProgressBar::on_batch_end(FitContext& context, std::int64_t batch, const Logs& logs) {
  if (first_ < 0) first_ = batch;
  if (verbose_ != 1) return;
  const auto now = Clock::now();
  if (now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  draw(context, batch + 1, logs, false);
}

void ProgressBar::on_epoch_end(FitContext& context, std::int64_t, const Logs& logs) {
  draw(context, context.steps(), logs, true);
  *out_ << std::endl;
}

void ProgressBar::on_warning(std::string_view text) { *out_ << "warning: " << text << '\n'; }

void ProgressBar::draw(const FitContext& context, std::int64_t done, const Logs& logs,
                       bool finished) {
  const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
  const auto taken =
      static_cast<double>(std::max<std::int64_t>(1, done - std::max<std::int64_t>(first_, 0)));
  const double step = seconds / taken;
  const double shown = finished ? seconds : step * static_cast<double>(context.steps() - done);
  std::string line = fmt::format("{}/{}", done, context.steps());
  if (verbose_ == 1) {
    const auto full = static_cast<int>(done * bar_cells / context.steps());
    line += ' ';
    for (int i = 0; i < bar_cells; ++i) line += i < full ? "━" : "─";
  } else {
    line += " -";
  }
  line += fmt::format(" {} {}{}", duration(shown), each(step), results(logs));
  if (verbose_ == 1) *out_ << '\r';
  *out_ << line;
  if (line.size() < width_) *out_ << std::string(width_ - line.size(), ' ');
  if (!finished) *out_ << std::flush;
  width_ = line.size();
}

}  // namespace minnow
