#pragma once

#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct RootMeanSquaredErrorOptions {
  std::string name = "";  ///< the key in History, "root_mean_squared_error" by default
};

/// The root of the mean of (p - t)^2 over the last axis, then over rows.
class RootMeanSquaredError : public Metric {
 public:
  explicit RootMeanSquaredError(RootMeanSquaredErrorOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
