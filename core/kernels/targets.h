#pragma once

// What every kernel source includes after it has named itself in HWY_TARGET_INCLUDE: Highway then
// compiles the source once for each instruction set below and picks one when the program runs.
// On x86-64: AVX-512, AVX2 with FMA, SSE4, and plain scalar code for anything older. SSSE3 and the
// VNNI flavour of AVX-512 would only add size.
#ifdef MINNOW_FEW_TARGETS  // under sanitizers, where a wide tile takes minutes to compile
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#else
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#endif

#include <hwy/foreach_target.h>
