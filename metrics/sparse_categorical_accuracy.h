#pragma once

#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct SparseCategoricalAccuracyOptions {
  std::string name = "";  ///< the key in History, "sparse_categorical_accuracy" by default
};

/// How often the largest score is the label's.
class SparseCategoricalAccuracy : public Metric {
 public:
  explicit SparseCategoricalAccuracy(SparseCategoricalAccuracyOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
