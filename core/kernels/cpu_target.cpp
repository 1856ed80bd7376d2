#include "core/kernels/cpu_target.h"

#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/cpu_target.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

std::int64_t this_target() { return HWY_TARGET; }

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(this_target);

void choose(std::int64_t targets) {
  hwy::SetSupportedTargetsForTest(targets);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

// A better target is a lower bit. What Highway says is supported includes what is not compiled.
std::vector<std::int64_t> targets() {
  std::vector<std::int64_t> found;
  const std::int64_t usable = hwy::SupportedTargets() & (HWY_TARGETS);
  for (int bit = 0; bit < 63; ++bit) {
    const std::int64_t target = std::int64_t{1} << bit;
    if ((usable & target) != 0) found.push_back(target);
  }
  return found;
}

}  // namespace

std::vector<std::string_view> cpu_targets() {
  std::vector<std::string_view> names;
  for (const std::int64_t target : targets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

std::string_view cpu_target() { return hwy::TargetName(HWY_DYNAMIC_DISPATCH(this_target)()); }

bool use_cpu_target(std::string_view name) {
  hwy::SetSupportedTargetsForTest(0);  // back to all
  for (const std::int64_t target : targets()) {
    if (name != hwy::TargetName(target)) continue;
    choose(target);
    return true;
  }
  if (name.empty()) choose(0);
  return name.empty();
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
