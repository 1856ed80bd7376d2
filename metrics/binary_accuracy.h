#pragma once

#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct BinaryAccuracyOptions {
  float threshold = 0.5F;
  std::string name = "";  ///< the key in History, "binary_accuracy" by default
};

/// How often (score > threshold) is the target, 0 or 1: the mean over the last axis, then over
/// rows.
class BinaryAccuracy : public Metric {
 public:
  /// Throws InvalidArgument unless threshold lies in (0, 1), as Keras does.
  explicit BinaryAccuracy(BinaryAccuracyOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
