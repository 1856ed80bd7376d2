#include "apps/minnow/csv_log.h"

#include <fmt/format.h>

namespace minnow::apps {
namespace {

// The shortest decimal that names the double, whole numbers with a point, as Python's repr.
std::string repr(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::string csv_of(const History& history) {
  std::string text = "epoch";
  for (const auto& [key, series] : history.values) text += "," + key;
  text += '\n';
  for (std::size_t i = 0; i < history.epoch.size(); ++i) {
    text += fmt::format("{}", history.epoch[i]);
    for (const auto& [key, series] : history.values) {
      text += i < series.size() ? "," + repr(series[i]) : ",";
    }
    text += '\n';
  }
  return text;
}

}  // namespace minnow::apps
