#include "metrics/recall.h"

#include <memory>
#include <utility>

#include "metrics/positives.h"
#include "metrics/row_mean.h"

namespace minnow {

Recall::Recall(RecallOptions options)
    : Metric(std::make_shared<RightPositives>(
          RightPositives::Of::present, "Recall",
          options.name.empty() ? "recall" : std::move(options.name),
          PositiveRule{options.thresholds, options.top_k, options.class_id})) {}

Metric Recall::from_config(const Config& config) {
  ConfigReader reader(config, "Recall");
  std::string name = read_metric(reader);
  const PositiveRule rule = read_positive_rule(reader);
  reader.finish();
  return Recall({.thresholds = rule.thresholds,
                 .top_k = rule.top_k,
                 .class_id = rule.class_id,
                 .name = std::move(name)});
}

}  // namespace minnow
