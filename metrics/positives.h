#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../core/graph/metric.h"

// What Precision and Recall share.
namespace minnow {

/// Which scores say yes, and of which classes they count.
struct PositiveRule {
  std::optional<float> thresholds;
  std::optional<std::int64_t> top_k, class_id;
};

/// The part of some positives that are right: of those predicted (precision), or of those that
/// there are (recall). A target is positive that is not 0.
class RightPositives : public MetricImpl {
 public:
  enum class Of : std::uint8_t { predicted, present };

  RightPositives(Of of, std::string_view class_name, std::string name, const PositiveRule& rule);

  std::string_view class_name() const noexcept override { return class_name_; }
  std::string_view key() const noexcept override { return name_; }
  Config config() const override;
  TargetKind target_kind() const noexcept override { return TargetKind::numbers; }
  /// Throws InvalidArgument where an output of so many columns has no class class_id.
  std::shared_ptr<const MetricImpl> resolve(std::int64_t cols, TargetKind kind) const override;
  void update(const MetricBatch& batch, std::span<double> sums) const override;

 private:
  bool says_yes(const float* scores, std::int64_t cols, std::int64_t j) const;

  Of of_;
  std::string_view class_name_;
  std::string name_;
  PositiveRule rule_;
  float threshold_;
};

/// Reads thresholds, top_k and class_id; Unimplemented for several thresholds.
PositiveRule read_positive_rule(ConfigReader& reader);

}  // namespace minnow
