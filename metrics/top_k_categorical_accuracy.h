#pragma once

#include <cstdint>
#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct TopKCategoricalAccuracyOptions {
  std::int64_t k = 5;
  std::string name = "";  ///< the key in History, "top_k_categorical_accuracy" by default
};

/// How often fewer than k scores are above that of the class with the largest target (one-hot
/// targets). A row with a score that is not finite does not count as right, as in Keras.
class TopKCategoricalAccuracy : public Metric {
 public:
  /// Throws InvalidArgument unless k >= 1.
  explicit TopKCategoricalAccuracy(TopKCategoricalAccuracyOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
