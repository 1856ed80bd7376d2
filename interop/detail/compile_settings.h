#pragma once

#include "../../core/train/options.h"
#include "unsupported.h"

namespace minnow::detail {

/// As the public one, but what minnow lacks is gathered, and left out of the result.
CompileOptions compile_options_from(const Config& config, Unsupported& unsupported);

}  // namespace minnow::detail
