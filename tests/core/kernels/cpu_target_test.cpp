// minnow looks for instruction sets itself; Highway's own library, which knows them too, checks it.
#include "core/kernels/cpu_target.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace minnow {
namespace {

#ifdef MINNOW_FEW_TARGETS
constexpr std::int64_t compiled = HWY_TARGETS & HWY_AVX2;
#else
constexpr std::int64_t compiled = HWY_TARGETS & (HWY_AVX3 | HWY_AVX2 | HWY_SSE4);
#endif

TEST(CpuTargets, HighwayFindsTheSame) {
  const std::vector<std::string_view> ours = kernels::cpu_targets();
  for (const std::int64_t target : {HWY_AVX3, HWY_AVX2, HWY_SSE4}) {
    if ((compiled & target) == 0) continue;
    const std::string_view name = hwy::TargetName(target);
    const bool found = std::find(ours.begin(), ours.end(), name) != ours.end();
    EXPECT_EQ(found, (hwy::SupportedTargets() & target) != 0) << name;
  }
}

}  // namespace
}  // namespace minnow
