#include "apps/minnow/csv_log.h"

#include <fmt/format.h>

namespace minnow::apps {

std::string csv_of(const History& history) {
  std::string text = "epoch";
  for (const auto& [key, series] : history.values) text += "," + key;
  text += '\n';
  for (std::size_t i = 0; i < history.epoch.size(); ++i) {
    text += fmt::format("{}", history.epoch[i]);
    // The shortest decimal that names the double, and always with a point, as Python's repr.
    for (const auto& [key, series] : history.values) {
      text += i < series.size() ? fmt::format(",{:#}", series[i]) : ",";
    }
    text += '\n';
  }
  return text;
}

}  // namespace minnow::apps
