#pragma once

#include <string_view>

#include "apps/minnow/load_model.h"
#include "apps/minnow/options.h"

namespace minnow::apps {

/// Compiles the model with what its file brings, overridden by the arguments. A checkpoint keeps
/// its optimizer's state unless the optimizer is another one; an optimizer of the class that the
/// file names keeps the file's settings. Throws InvalidArgument where there is no loss, where
/// settings do not fit, and where `resume` is asked for with settings other than the recorded.
void apply_settings(std::string_view where, LoadedModel& loaded, const SettingsArguments& arguments,
                    bool resume = false);

}  // namespace minnow::apps
