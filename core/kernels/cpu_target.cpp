#include "core/kernels/cpu_target.h"

#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/cpu_target.cpp"
#include "core/kernels/targets.h"
// After targets.h, which compiles this file for each target.
#include <hwy/highway.h>

#if HWY_ARCH_X86
#include <cpuid.h>
#endif

HWY_BEFORE_NAMESPACE();
namespace minnow::kernels::HWY_NAMESPACE {

std::int64_t this_target() { return HWY_TARGET; }

}  // namespace minnow::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace minnow::kernels {
namespace {

HWY_EXPORT(this_target);

#if HWY_ARCH_X86
// A target that is compiled and not looked for would never run.
static_assert((HWY_TARGETS & ~(HWY_AVX3 | HWY_AVX2 | HWY_SSE4 | HWY_STATIC_TARGET)) == 0);

// Not every compiler's __builtin_cpu_supports knows it.
bool has_f16c() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

// The instructions that Highway compiles each target with (hwy/ops/set_macros-inl.h), where the
// system keeps their registers too.
std::int64_t supported_targets() {
  std::int64_t found = HWY_STATIC_TARGET;  // everything here was compiled for it
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("sse4.1") || !__builtin_cpu_supports("sse4.2") ||
      !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("aes")) {
    return found;
  }
  found |= HWY_SSE4;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2") || !has_f16c()) {
    return found;
  }
  found |= HWY_AVX2;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512vl") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512bw")) {
    return found;
  }
  return found | HWY_AVX3;
}
#else
std::int64_t supported_targets() { return hwy::SupportedTargets(); }
#endif

// A better target is a lower bit. What is supported includes what is not compiled.
std::vector<std::int64_t> targets() {
  std::vector<std::int64_t> found;
  const std::int64_t usable = supported_targets() & (HWY_TARGETS);
  for (int bit = 0; bit < 63; ++bit) {
    const std::int64_t target = std::int64_t{1} << bit;
    if ((usable & target) != 0) found.push_back(target);
  }
  return found;
}

}  // namespace

// What use_cpu_target changes is one for the process, as the processor is.
hwy::ChosenTarget& chosen_target() {
  struct Best : hwy::ChosenTarget {
    Best() { Update(supported_targets()); }
  };
  static Best chosen;
  return chosen;
}

std::vector<std::string_view> cpu_targets() {
  std::vector<std::string_view> names;
  for (const std::int64_t target : targets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

std::string_view cpu_target() { return hwy::TargetName(HWY_DYNAMIC_DISPATCH(this_target)()); }

bool use_cpu_target(std::string_view name) {
  for (const std::int64_t target : targets()) {
    if (name != hwy::TargetName(target)) continue;
    chosen_target().Update(target);
    return true;
  }
  if (name.empty()) chosen_target().Update(supported_targets());
  return name.empty();
}

}  // namespace minnow::kernels
#endif  // HWY_ONCE
