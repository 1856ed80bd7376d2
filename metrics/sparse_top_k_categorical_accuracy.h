#pragma once

#include <cstdint>
#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct SparseTopKCategoricalAccuracyOptions {
  std::int64_t k = 5;
  std::string name = "";  ///< the key in History, "sparse_top_k_categorical_accuracy" by default
};

/// How often fewer than k scores are above the label's. A row with a score that is not finite does
/// not count as right, as in Keras.
class SparseTopKCategoricalAccuracy : public Metric {
 public:
  /// Throws InvalidArgument unless k >= 1.
  explicit SparseTopKCategoricalAccuracy(SparseTopKCategoricalAccuracyOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
