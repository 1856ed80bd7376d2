#pragma once

#include <string>
#include <vector>

namespace minnow::apps {

/// An axis of a drawing: what it spans, and where its marks are.
struct Axis {
  double low = 0, high = 1;
  double step = 1;
  std::vector<double> ticks = {};  ///< multiples of the step, within the span

  /// Where a value lies, from 0 at the low end to 1 at the high end.
  double place(double value) const { return (value - low) / (high - low); }
  /// The mark's text, with just the digits that tell it from its neighbours.
  std::string label(double tick) const;
};

/// An axis that begins and ends on a mark, for finite values in [low, high]: about `marks` steps of
/// 1, 2 or 5 times a power of ten.
Axis value_axis(double low, double high, int marks);

/// An axis over the whole numbers from low to high, with no marks between them.
Axis count_axis(double low, double high, int marks);

}  // namespace minnow::apps
