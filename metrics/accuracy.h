#pragma once

#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct AccuracyOptions {
  std::string name = "";  ///< the key in History, "accuracy" by default
};

/// Keras's "accuracy": the one of the accuracies that fits. For one output column how often
/// p > 0.5 is the target; for class numbers how often the largest score is the label's; else how
/// often it is where the largest target is.
class Accuracy : public Metric {
 public:
  explicit Accuracy(AccuracyOptions options = {});

  /// Throws Unimplemented for the config of Keras's own class Accuracy, which compares predictions
  /// with targets as they are.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
