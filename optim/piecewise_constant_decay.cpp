#include "optim/piecewise_constant_decay.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "optim/settings.h"

namespace minnow {
namespace {

constexpr std::string_view piecewise = "PiecewiseConstantDecay";

class PiecewiseConstantDecayImpl : public ScheduleImpl {
 public:
  PiecewiseConstantDecayImpl(std::vector<std::int64_t> boundaries, std::vector<float> values)
      : boundaries_(std::move(boundaries)), values_(std::move(values)) {
    if (boundaries_.empty()) {
      throw InvalidArgument({piecewise, "boundaries", "at least one boundary", "none", ""});
    }
    if (values_.size() != boundaries_.size() + 1) {
      throw InvalidArgument({piecewise, "values",
                             fmt::format("one more than the {} boundaries", boundaries_.size()),
                             fmt::format("{}", values_.size()), ""});
    }
    if (!std::is_sorted(boundaries_.begin(), boundaries_.end())) {
      throw InvalidArgument({piecewise, "boundaries", "ascending steps", joined(boundaries_), ""});
    }
    for (const float value : values_) require_not_negative(piecewise, "values", value);
  }

  std::string_view class_name() const noexcept override { return piecewise; }
  Config config() const override {
    Config::List values;
    for (const float value : values_) values.emplace_back(value);
    return Config::object({{"boundaries", Config::integers(boundaries_)},
                           {"values", std::move(values)},
                           {"name", "PiecewiseConstant"}});
  }
  float at(std::int64_t step) const noexcept override {
    const auto first = std::lower_bound(boundaries_.begin(), boundaries_.end(), step);
    return values_[static_cast<std::size_t>(first - boundaries_.begin())];
  }

 private:
  std::vector<std::int64_t> boundaries_;
  std::vector<float> values_;
};

}  // namespace

PiecewiseConstantDecay::PiecewiseConstantDecay(std::vector<std::int64_t> boundaries,
                                               std::vector<float> values)
    : LearningRateSchedule(
          std::make_shared<PiecewiseConstantDecayImpl>(std::move(boundaries), std::move(values))) {}

LearningRateSchedule PiecewiseConstantDecay::from_config(const Config& config) {
  ConfigReader reader(config, std::string(piecewise));
  reader.ignore("name");
  std::vector<std::int64_t> boundaries = reader.integers("boundaries");
  const Config& given = reader.value("values");
  std::vector<float> values;
  for (const Config& value : given.is_list() ? given.list() : Config::List{given}) {
    if (!value.is_number()) {
      throw InvalidArgument({piecewise, "values", "numbers", given.str(), ""});
    }
    values.push_back(static_cast<float>(value.number()));
  }
  reader.finish();
  return PiecewiseConstantDecay(std::move(boundaries), std::move(values));
}

}  // namespace minnow
