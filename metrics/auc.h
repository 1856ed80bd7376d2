#pragma once

#include <cstdint>
#include <string>

#include "../core/graph/metric.h"

namespace minnow {

struct AUCOptions {
  std::int64_t num_thresholds = 200;  ///< evenly spread over [0, 1], both ends among them
  std::string curve = "ROC";          ///< or "PR"
  /// How the area between two thresholds is taken: "interpolation", "minoring" (the lower end) or
  /// "majoring" (the higher).
  std::string summation_method = "interpolation";
  bool from_logits = false;  ///< the scores are the input of a sigmoid
  std::string name = "";     ///< the key in History, "auc" by default
};

/// The area under the curve of true over false positive rate (ROC) or of precision over recall
/// (PR), from counts at num_thresholds thresholds. Interpolation is linear for ROC; for PR it is
/// Davis and Goadrich's ("The relationship between precision-recall and ROC curves", ICML 2006).
/// A target other than 0 is a positive; all columns count together. Scores outside [0, 1] count as
/// the nearer end.
class AUC : public Metric {
 public:
  /// Throws InvalidArgument unless num_thresholds lies in [2, 100000], and for another curve or
  /// summation method.
  explicit AUC(AUCOptions options = {});

  /// From Keras's config. Throws InvalidArgument or Unimplemented.
  static Metric from_config(const Config& config);
};

}  // namespace minnow
