#include "apps/minnow/plot_axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace minnow::apps {
namespace {

// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
double nice_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

void add_ticks(Axis& axis) {
  const double first = std::ceil(axis.low / axis.step - 1e-6);
  const double last = std::floor(axis.high / axis.step + 1e-6);
  for (double i = first; i <= last; ++i) axis.ticks.push_back(i == 0 ? 0 : i * axis.step);
}

}  // namespace

std::string Axis::label(double tick) const {
  const double magnitude = std::max(std::abs(low), std::abs(high));
  if (magnitude >= 1e5 || step < 1e-5) return fmt::format("{:.3g}", tick);
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  return fmt::format("{:.{}f}", tick, decimals);
}

Axis value_axis(double low, double high, int marks) {
  // A flat line gets room around it, and differences that doubles can hardly tell count as none.
  const double least = std::max({std::abs(low), std::abs(high), 1e-30}) * 1e-6;
  if (!(high - low > least)) {
    const double room = low == 0 ? 0.5 : std::abs(low) * 0.1;
    low -= room;
    high += room;
  }
  Axis axis{.step = nice_step(high / marks - low / marks)};
  axis.low = std::floor(low / axis.step + 1e-6) * axis.step;
  axis.high = std::ceil(high / axis.step - 1e-6) * axis.step;
  add_ticks(axis);
  return axis;
}

Axis count_axis(double low, double high, int marks) {
  if (low == high) {
    low -= 1;
    high += 1;
  }
  Axis axis{.low = low, .high = high, .step = std::max(1.0, nice_step((high - low) / marks))};
  add_ticks(axis);
  return axis;
}

}  // namespace minnow::apps
