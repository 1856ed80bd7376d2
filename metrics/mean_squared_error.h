#pragma once

#include <string>

#include "../core/graph/metric.h"

namespace minnow::metrics {

struct MeanSquaredErrorOptions {
  std::string name = "";  ///< the key in History, "mean_squared_error" by default
};

/// The mean of (p - t)^2 over the last axis, then over rows. (The loss of that name is
/// minnow::MeanSquaredError.)
class MeanSquaredError : public Metric {
 public:
  explicit MeanSquaredError(MeanSquaredErrorOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow::metrics
