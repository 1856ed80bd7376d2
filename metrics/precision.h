#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct PrecisionOptions {
  /// A score above this predicts a positive; 0.5 by default, none beside top_k.
  std::optional<float> thresholds = std::nullopt;
  std::optional<std::int64_t> top_k = std::nullopt;     ///< only the k highest of a row predict one
  std::optional<std::int64_t> class_id = std::nullopt;  ///< only this column counts
  std::string name = "";  ///< the key in History, "precision" by default
};

/// The part of the predicted positives that are positives. 0 where nothing is predicted. A
/// target other than 0 is a positive; every column counts by itself.
class Precision : public Metric {
 public:
  /// Throws InvalidArgument unless thresholds lies in [0, 1], top_k is at least 1 and class_id at
  /// least 0.
  explicit Precision(PrecisionOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
