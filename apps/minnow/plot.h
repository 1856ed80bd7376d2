#pragma once

#include <string>

#include "core/train/history.h"

namespace minnow::apps {

/// History as an SVG drawing: for each result a panel with its curve over the epochs, and the
/// validation's where there is one. Needs no script and no font of its own, and is as readable on a
/// dark page as on a light one.
std::string plot_of(const History& history);

}  // namespace minnow::apps
