#include "metrics/precision.h"

#include <memory>
#include <utility>

#include "metrics/positives.h"
#include "metrics/row_mean.h"

namespace minnow {

Precision::Precision(PrecisionOptions options)
    : Metric(std::make_shared<RightPositives>(
          RightPositives::Of::predicted, "Precision",
          options.name.empty() ? "precision" : std::move(options.name),
          PositiveRule{options.thresholds, options.top_k, options.class_id})) {}

Metric Precision::from_config(const Config& config) {
  ConfigReader reader(config, "Precision");
  std::string name = read_metric(reader);
  const PositiveRule rule = read_positive_rule(reader);
  reader.finish();
  return Precision({.thresholds = rule.thresholds,
                    .top_k = rule.top_k,
                    .class_id = rule.class_id,
                    .name = std::move(name)});
}

}  // namespace minnow
