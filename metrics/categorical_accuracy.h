#pragma once

#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct CategoricalAccuracyOptions {
  std::string name = "";  ///< the key in History, "categorical_accuracy" by default
};

/// How often the largest score is where the largest target is (one-hot targets).
class CategoricalAccuracy : public Metric {
 public:
  explicit CategoricalAccuracy(CategoricalAccuracyOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
