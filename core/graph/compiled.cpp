// The parts of losses, metrics and optimizers that need no class of their own.
#include "core/graph/loss.h"
#include "core/graph/metric.h"
#include "core/graph/optimizer.h"
#include "core/graph/registry.h"

namespace minnow {

Loss::Loss(std::string_view name) : Loss(make_loss(name, {})) { text_ = std::string(name); }

Optimizer::Optimizer(std::string_view name) : Optimizer(make_optimizer(name, {})) {}

Metric::Metric(std::shared_ptr<const MetricImpl> impl)
    : Handle(std::move(impl)), key_((*this)->key()) {}
Metric::Metric(std::string_view name) : Metric(make_metric(name, {})) {
  key_ = text_ = std::string(name);
}

Metric Metric::resolved(std::int64_t cols, TargetKind kind) const {
  auto other = (*this)->resolve(cols, kind);
  if (other == nullptr) return *this;
  Metric metric{std::move(other)};
  metric.key_ = key_;
  return metric;
}

std::shared_ptr<const MetricImpl> MetricImpl::resolve(std::int64_t, TargetKind) const {
  return nullptr;
}

double MetricImpl::result(std::span<const double> sums) const {
  return sums[1] > 0 ? sums[0] / sums[1] : 0;
}

}  // namespace minnow
