#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct RecallOptions {
  /// A score above this predicts a positive; 0.5 by default, none beside top_k.
  std::optional<float> thresholds = std::nullopt;
  std::optional<std::int64_t> top_k = std::nullopt;     ///< only the k highest of a row predict one
  std::optional<std::int64_t> class_id = std::nullopt;  ///< only this column counts
  std::string name = "";                                ///< the key in History, "recall" by default
};

/// The part of the positives that are predicted. 0 where there are none. A
/// target other than 0 is a positive; every column counts by itself.
class Recall : public Metric {
 public:
  /// Throws InvalidArgument unless thresholds lies in [0, 1], top_k is at least 1 and class_id at
  /// least 0.
  explicit Recall(RecallOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
