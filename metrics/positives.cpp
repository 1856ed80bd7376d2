#include "metrics/positives.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "metrics/row_mean.h"

namespace minnow {
namespace {

template <class T>
Config optional_config(const std::optional<T>& value) {
  return value ? Config(*value) : Config();
}

}  // namespace

RightPositives::RightPositives(Of of, std::string_view class_name, std::string name,
                               const PositiveRule& rule)
    : of_(of),
      class_name_(class_name),
      name_(std::move(name)),
      rule_(rule),
      // Keras's: with top_k alone all of the k say yes.
      threshold_(rule.thresholds.value_or(rule.top_k ? -1e10F : 0.5F)) {
  if (rule_.thresholds && !(*rule_.thresholds >= 0 && *rule_.thresholds <= 1)) {
    throw InvalidArgument({class_name_, "thresholds", "a number in [0, 1]",
                           fmt::format("{}", *rule_.thresholds), ""});
  }
  if (rule_.top_k) require_at_least_one(class_name_, "top_k", *rule_.top_k);
  if (rule_.class_id && *rule_.class_id < 0) {
    throw InvalidArgument(
        {class_name_, "class_id", "at least 0", fmt::format("{}", *rule_.class_id), ""});
  }
}

Config RightPositives::config() const {
  return Config::object({{"name", name_},
                         {"dtype", "float32"},
                         {"thresholds", optional_config(rule_.thresholds)},
                         {"top_k", optional_config(rule_.top_k)},
                         {"class_id", optional_config(rule_.class_id)}});
}

std::shared_ptr<const MetricImpl> RightPositives::resolve(std::int64_t cols, TargetKind) const {
  if (rule_.class_id && *rule_.class_id >= cols) {
    throw InvalidArgument({"compile", "metrics",
                           fmt::format("a class_id of {} in [0, {})", class_name_, cols),
                           fmt::format("{}", *rule_.class_id), ""});
  }
  return nullptr;
}

// Among equal scores the first belong to the k highest.
bool RightPositives::says_yes(const float* scores, std::int64_t cols, std::int64_t j) const {
  if (!(scores[j] > threshold_)) return false;
  if (!rule_.top_k) return true;
  std::int64_t before = 0;
  for (std::int64_t i = 0; i < cols; ++i) {
    before += scores[i] > scores[j] || (scores[i] == scores[j] && i < j) ? 1 : 0;
  }
  return before < *rule_.top_k;
}

void RightPositives::update(const MetricBatch& batch, std::span<double> sums) const {
  const std::int64_t first = rule_.class_id.value_or(0);
  const std::int64_t end = rule_.class_id ? first + 1 : batch.cols;
  for (std::int64_t row = 0; row < batch.rows; ++row) {
    const double weight = batch.weights == nullptr ? 1 : static_cast<double>(batch.weights[row]);
    if (weight == 0) continue;
    const float* scores = batch.prediction + row * batch.cols;
    for (std::int64_t j = first; j < end; ++j) {
      const bool present = batch.targets[row * batch.cols + j] != 0;
      if (of_ == Of::present && !present) continue;
      const bool predicted = says_yes(scores, batch.cols, j);
      if (of_ == Of::predicted && !predicted) continue;
      sums[0] += predicted && present ? weight : 0;
      sums[1] += weight;
    }
  }
}

PositiveRule read_positive_rule(ConfigReader& reader) {
  PositiveRule rule;
  const Config& given = reader.value("thresholds");
  const bool one_of_list = given.is_list() && given.list().size() == 1;
  const Config& number = one_of_list ? given.list().front() : given;
  if (given.is_list() && !one_of_list) {
    throw Unimplemented(
        reader.what(),
        fmt::format("'thresholds' = {} is not supported. Supported: one number.", given.str()));
  }
  if (!number.is_null() && !number.is_number()) {
    throw InvalidArgument({reader.what(), "thresholds", "a number", given.str(), ""});
  }
  if (number.is_number()) rule.thresholds = static_cast<float>(number.number());
  if (!reader.value("top_k").is_null()) rule.top_k = reader.integer("top_k");
  if (!reader.value("class_id").is_null()) rule.class_id = reader.integer("class_id");
  return rule;
}

}  // namespace minnow
