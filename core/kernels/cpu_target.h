#pragma once

#include <string_view>
#include <vector>

namespace minnow::kernels {

/// The instruction sets that the kernels are compiled for and this processor has, the best first,
/// by Highway's names: "AVX3" (AVX-512), "AVX2", "SSE4", and a fallback, "SCALAR" or "EMU128".
std::vector<std::string_view> cpu_targets();

/// The one that kernels run on: the best, unless use_cpu_target said otherwise.
std::string_view cpu_target();

/// For tests and benchmarks: kernels run on this one from now on, in the whole process; with an
/// empty name on the best again. False, and nothing changes, where it is not among cpu_targets().
bool use_cpu_target(std::string_view name);

}  // namespace minnow::kernels
