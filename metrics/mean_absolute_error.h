#pragma once

#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct MeanAbsoluteErrorOptions {
  std::string name = "";  ///< the key in History, "mean_absolute_error" by default
};

/// The mean of |p - t| over the last axis, then over rows.
class MeanAbsoluteError : public Metric {
 public:
  explicit MeanAbsoluteError(MeanAbsoluteErrorOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
