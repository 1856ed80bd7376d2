#pragma once

// What every kernel source includes after it has named itself in HWY_TARGET_INCLUDE: Highway then
// compiles the source once for each instruction set below and picks one when the program runs.
// On x86-64: AVX-512, AVX2 with FMA, SSE4, and plain scalar code for anything older. SSSE3 and the
// VNNI flavour of AVX-512 would only add size.
#ifdef MINNOW_FEW_TARGETS  // under sanitizers, where a wide tile takes minutes to compile
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#elif defined(MINNOW_WITHOUT_SSE4)
// For what takes little of a training's time: processors without AVX2 run the scalar code.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#else
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#endif

#include <hwy/foreach_target.h>
// After it; and now, for what follows changes Highway's dispatch.
#include <hwy/highway.h>

#include <iterator>

namespace minnow::kernels {

/// The instruction set that kernels run on.
hwy::ChosenTarget& chosen_target();

}  // namespace minnow::kernels

// Highway's dispatch asks its library which instruction sets there are. That library times the
// processor's clock whenever it is loaded, which takes as long as all else in starting a program.
// The same tables, asking cpu_target.cpp. (With a single instruction set Highway has no table.)
#if (HWY_TARGETS & (HWY_TARGETS - 1)) != 0
#undef HWY_EXPORT
#define HWY_EXPORT(FUNC_NAME)                                                             \
  constexpr decltype(&HWY_STATIC_DISPATCH(FUNC_NAME)) HWY_DISPATCH_TABLE(FUNC_NAME)[] = { \
      nullptr, HWY_CHOOSE_TARGET_LIST(FUNC_NAME), HWY_CHOOSE_FALLBACK(FUNC_NAME)};        \
  static_assert(std::size(HWY_DISPATCH_TABLE(FUNC_NAME)) == HWY_MAX_DYNAMIC_TARGETS + 2)
#undef HWY_DYNAMIC_DISPATCH
#define HWY_DYNAMIC_DISPATCH(FUNC_NAME) \
  (*(HWY_DISPATCH_TABLE(FUNC_NAME)[minnow::kernels::chosen_target().GetIndex()]))
#endif
